"""Find the images of a compose file: services, what they build inline, image volumes, models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from dockerhub_mcp.tools.image_sources.dockerfile import read_dockerfile
from dockerhub_mcp.tools.image_sources.model import (
    MAX_REFERENCES,
    FoundReference,
    ImageSource,
    ReferenceStatus,
    SourceKind,
    cut_reference,
)
from dockerhub_mcp.tools.image_sources.variables import expand_variables
from dockerhub_mcp.tools.image_sources.yaml_nodes import MappingNode, Node, ScalarNode, SequenceNode

_MAX_NAME_CHARS = 80
_MAX_NOTES = 8
_IMAGE_CONTEXT = "docker-image://"


def is_compose(root: Node) -> bool:
    """Tell whether a document is a compose file."""
    return isinstance(root, MappingNode) and isinstance(root.find("services"), MappingNode)


def read_compose(root: MappingNode) -> ImageSource:
    """Return the images of a compose file."""
    reader = _ComposeReader()
    services = root.find_mapping("services")
    for key, service in list(_iterate_entries(services))[:MAX_REFERENCES]:
        if isinstance(service, MappingNode):
            reader.read_service(key.value[:_MAX_NAME_CHARS], service)
    for key, model in list(_iterate_entries(root.find_mapping("models")))[:MAX_REFERENCES]:
        if isinstance(model, MappingNode):
            reader.add(model.find_scalar("model"), f"model {key.value[:_MAX_NAME_CHARS]}")
    if root.find("include") is not None:
        reader.note("The files under `include` were not read; pass their text too.")
    return ImageSource(SourceKind.COMPOSE, tuple(reader.references[:MAX_REFERENCES]), tuple(reader.notes))


def _iterate_entries(mapping: MappingNode | None) -> Iterator[tuple[ScalarNode, Node]]:
    """Yield the entries of a mapping and of those that it merges."""
    names: set[str] = set()
    for each in mapping.iterate_merged() if mapping else ():
        own = {key.value: (key, value) for key, value in each.pairs if key.value != "<<"}
        for name, entry in own.items():
            if name not in names:
                names.add(name)
                yield entry


def _find_no_value(_name: str) -> str | None:
    """Return None: the environment and the .env file are not known."""
    return None


@dataclass(slots=True)
class _ComposeReader:
    references: list[FoundReference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, note: str) -> None:
        """Add a note, unless there are many."""
        if len(self.notes) < _MAX_NOTES and note not in self.notes:
            self.notes.append(note)

    def read_service(self, name: str, service: MappingNode) -> None:
        """Add the images of a service."""
        place = f"service {name}{_describe_service(service)}"
        build = service.find("build")
        platform = service.find_scalar("platform")
        self.add(
            service.find_scalar("image"),
            place,
            is_built=build is not None,
            platform=platform.value[:_MAX_NAME_CHARS] if platform else "",
        )
        if isinstance(build, MappingNode):
            self._read_build(build, place)
        if isinstance(build, ScalarNode) or (
            isinstance(build, MappingNode) and build.find("dockerfile_inline") is None
        ):
            self.note(f"Service {name} is built from a Dockerfile that was not read; pass its text too.")
        extends = service.find("extends")
        source = extends.find_scalar("file") if isinstance(extends, MappingNode) else None
        if source is not None:
            self.note(
                f"Service {name} extends one of {cut_reference(source.value)[:_MAX_NAME_CHARS]}, "
                "which was not read; pass its text too."
            )
        elif extends is not None and service.find("image") is None:
            self.note(f"Service {name} has the image of the service that it extends.")
        for volume in service.find_items("volumes")[:MAX_REFERENCES]:
            kind = volume.find_scalar("type") if isinstance(volume, MappingNode) else None
            if isinstance(volume, MappingNode) and kind is not None and kind.value == "image":
                self.add(volume.find_scalar("source"), f"volume of service {name}")

    def add(
        self, image: ScalarNode | None, place: str, *, is_built: bool = False, platform: str = ""
    ) -> None:
        """Add the image that a scalar names, if there is one."""
        if image is None or not image.value.strip() or len(self.references) >= MAX_REFERENCES:
            return
        raw = image.value.strip()
        expansion = expand_variables(raw, _find_no_value, doubled=True)
        resolved = cut_reference(expansion.text)
        found = FoundReference(image.line, cut_reference(raw), resolved, place, platform=platform)
        if is_built:
            found = replace(found, status=ReferenceStatus.BUILT)
        elif not expansion.is_complete:
            names = expansion.list_missing()
            reason = expansion.problem or f"{names} has no default here; pass the image with its value"
            found = replace(found, resolved=found.raw, status=ReferenceStatus.UNRESOLVED, reason=reason)
        elif expansion.defaults:
            names = ", ".join(dict.fromkeys(expansion.defaults[:5]))
            found = replace(found, reason=f"with {names} unset")
        self.references.append(found)

    def _read_build(self, build: MappingNode, place: str) -> None:
        """Add the images of an inline Dockerfile, and those that serve as build contexts."""
        contexts = build.find("additional_contexts")
        if isinstance(contexts, MappingNode):
            values = [value for _, value in contexts.pairs]
        else:
            values = contexts.items if isinstance(contexts, SequenceNode) else []
        for value in values[:MAX_REFERENCES]:
            text = value.value if isinstance(value, ScalarNode) else ""
            _, prefix, image = text.partition(_IMAGE_CONTEXT)
            if prefix:
                self.add(ScalarNode(image, value.line), f"build context of {place}")
        inline = build.find_scalar("dockerfile_inline")
        if inline is None or len(self.references) >= MAX_REFERENCES:
            return
        text = inline.value.replace("$$", "\0")
        text = re.sub(r"\$[{A-Za-z_]\S{0,400}", _expand_compose_word, text)
        source = read_dockerfile(text.replace("\0", "$"), _read_build_arguments(build))
        for found in source.references:
            line = inline.line + found.line if inline.is_literal else inline.line
            self.references.append(replace(found, line=line, place=f"{place}, {found.place}"))
        for note in source.notes:
            self.note(f"Dockerfile of {place}: {note}")


def _expand_compose_word(found: re.Match[str]) -> str:
    """Return a word with its variables replaced where all have defaults, otherwise as it is."""
    expansion = expand_variables(found[0], _find_no_value)
    return expansion.text if expansion.is_complete else found[0]


def _read_build_arguments(build: MappingNode) -> dict[str, str]:
    """Return the build arguments with a value, from either of the two forms."""
    given = build.find("args")
    if isinstance(given, MappingNode):
        pairs = [
            (key.value, value.value)
            for key, value in given.pairs
            if isinstance(value, ScalarNode) and not value.is_null
        ]
    else:
        items = given.items if isinstance(given, SequenceNode) else []
        texts = [item.value.partition("=") for item in items if isinstance(item, ScalarNode)]
        pairs = [(name, value) for name, sign, value in texts if sign]
    arguments = {}
    for name, value in pairs:
        expansion = expand_variables(value, _find_no_value, doubled=True)
        if expansion.is_complete:
            arguments[name] = expansion.text
    return arguments


def _describe_service(service: MappingNode) -> str:
    """Return platform and profiles of a service in brackets, or an empty string."""
    facts = []
    if (platform := service.find_scalar("platform")) is not None:
        facts.append(platform.value[:_MAX_NAME_CHARS])
    profiles = [each.value for each in service.find_items("profiles") if isinstance(each, ScalarNode)]
    if profiles:
        facts.append(f"profile {' '.join(profiles[:5])[:_MAX_NAME_CHARS]}")
    return f" ({', '.join(facts)})" if facts else ""

"""Find the images of Kubernetes manifests, and of YAML of other kinds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dockerhub_mcp.tools.image_sources.model import (
    MAX_REFERENCES,
    FoundReference,
    ImageSource,
    ReferenceStatus,
    SourceKind,
    cut_reference,
)
from dockerhub_mcp.tools.image_sources.yaml_nodes import MappingNode, Node, ScalarNode, VisitedNodes

_LISTS = {
    "containers": "container",
    "initContainers": "init container",
    "ephemeralContainers": "ephemeral container",
    "volumes": "volume",
}
_WORKLOADS = frozenset(
    {
        "CronJob", "DaemonSet", "Deployment", "Job", "Pod", "PodTemplate", "ReplicaSet",
        "ReplicationController", "StatefulSet",
    }
)  # fmt: skip
_MAX_NAME_CHARS = 80
_MAX_KEY_CHARS = 40
_MAX_PATH_KEYS = 3
_PERHAPS = " (perhaps)"
_DOCKER_SCHEME = "docker://"


def is_kubernetes(root: Node) -> bool:
    """Tell whether a document is an object of Kubernetes."""
    return isinstance(root, MappingNode) and all(
        isinstance(root.find(name), ScalarNode) for name in ("kind", "apiVersion")
    )


def read_manifests(roots: list[Node]) -> ImageSource:
    """Return the images of Kubernetes objects, in the order of the text."""
    reader = _NodeReader(SourceKind.KUBERNETES)
    for root in roots:
        reader.read(root)
    notes = []
    if any(found.place.endswith(_PERHAPS) for found in reader.references):
        notes.append("Kinds marked 'perhaps' have an image field, which may mean something else there.")
    return ImageSource(SourceKind.KUBERNETES, tuple(reader.references), tuple(notes))


def read_other_yaml(roots: list[Node]) -> ImageSource:
    """Return what may be images in YAML of an unknown kind, such as CI workflows and chart values."""
    reader = _NodeReader(SourceKind.YAML)
    for root in roots:
        reader.read(root)
    note = (
        "It is no compose file and no Kubernetes manifest: `image` fields were read as images, and those of "
        "CI services and `uses: docker://`."
    )
    return ImageSource(SourceKind.YAML, tuple(reader.references), (note,))


@dataclass(frozen=True, slots=True)
class _Position:
    """Where a node is.

    Attributes:
        owner: The object of Kubernetes, or else the keys that lead to the node.
        is_workload: Whether the object is a workload: its fields are known.
        is_object: Whether it is in an object of Kubernetes.
        kind: The kind of container of the list that the node is in.
    """

    owner: str = ""
    is_workload: bool = False
    is_object: bool = False
    kind: str = ""


@dataclass(slots=True)
class _NodeReader:
    """Walks the nodes, each only once."""

    source_kind: SourceKind
    references: list[FoundReference] = field(default_factory=list)
    visited: VisitedNodes = field(default_factory=VisitedNodes)

    def read(self, root: Node) -> None:
        """Add the images of a document."""
        waiting: list[tuple[Node, _Position]] = [(root, _Position())]
        while waiting and len(self.references) < MAX_REFERENCES:
            node, position = waiting.pop()
            if isinstance(node, ScalarNode) or not self.visited.add(node):
                continue
            if isinstance(node, MappingNode):
                position = _find_owner(node, position)
                self._read_mapping(node, position)
                children = list(_iterate_children(node, position))
            else:
                children = [(item, position) for item in node.items]
            waiting += reversed(children)

    def _read_mapping(self, node: MappingNode, position: _Position) -> None:
        image = node.find("image")
        if isinstance(image, ScalarNode):
            self._add(image, node, position)
        elif isinstance(image, MappingNode):
            self._read_image_mapping(image, node, position)
        if self.source_kind is SourceKind.YAML:
            self._read_ci_fields(node, position)

    def _read_ci_fields(self, node: MappingNode, position: _Position) -> None:
        """Add the services of GitLab, and the steps of GitHub that run an image."""
        for service in node.find_items("services")[:MAX_REFERENCES]:
            name = service.find_scalar("name") if isinstance(service, MappingNode) else service
            if isinstance(name, ScalarNode):
                self._add(name, node, position)
        uses = node.find_scalar("uses")
        if uses is not None and uses.value.startswith(_DOCKER_SCHEME):
            self._add(ScalarNode(uses.value.removeprefix(_DOCKER_SCHEME), uses.line), node, position)

    def _read_image_mapping(self, image: MappingNode, node: MappingNode, position: _Position) -> None:
        """Add an image volume, an image of GitLab, or one in parts as in the values of charts."""
        reference = image.find_scalar("reference")
        if reference is None and self.source_kind is SourceKind.YAML and image.find("repository") is None:
            reference = image.find_scalar("name")
        if reference is not None:
            self._add(reference, node, position)
            return
        repository = image.find_scalar("repository")
        if repository is None or not repository.value.strip():
            return
        registry, tag, digest = (image.find_scalar(name) for name in ("registry", "tag", "digest"))
        text = repository.value.strip()
        if registry is not None and registry.value.strip():
            text = f"{registry.value.strip()}/{text}"
        if tag is not None and tag.value.strip():
            text += f":{tag.value.strip()}"
        if digest is not None and digest.value.strip():
            text += f"@{digest.value.strip()}"
        line = (tag or repository).line
        self._add(ScalarNode(text, line), node, _Position(position.owner, is_object=position.is_object))

    def _add(self, image: ScalarNode, node: MappingNode, position: _Position) -> None:
        raw = cut_reference(image.value.strip())
        if image.is_null or not raw or len(self.references) >= MAX_REFERENCES:
            return
        status, reason = ReferenceStatus.IMAGE, ""
        if "{{" in raw or "$" in raw:
            status = ReferenceStatus.UNRESOLVED
            reason = "an expression that is evaluated elsewhere; pass the image with its value"
        place = _describe_place(node, position)
        if self.source_kind is SourceKind.KUBERNETES and not position.is_workload:
            place += _PERHAPS
        self.references.append(FoundReference(image.line, raw, raw, place, status, reason))


def _describe_place(node: MappingNode, position: _Position) -> str:
    """Return the object and the container of an image, or the keys that lead to it."""
    name = node.find_scalar("name") if position.is_object else None
    label = f"{position.kind} {name.value[:_MAX_NAME_CHARS]}".strip() if name is not None else ""
    return " ".join(part for part in (position.owner, label) if part)


def _find_owner(node: MappingNode, position: _Position) -> _Position:
    """Return the position within an object, if the mapping is one."""
    kind = node.values.get("kind")
    if not isinstance(kind, ScalarNode) or "apiVersion" not in node.values:
        return position
    metadata = node.find_mapping("metadata")
    name = metadata.find_scalar("name") or metadata.find_scalar("generateName") if metadata else None
    label = f"{kind.value[:_MAX_NAME_CHARS]}{f'/{name.value[:_MAX_NAME_CHARS]}' if name else ''}"
    return _Position(label, kind.value in _WORKLOADS, is_object=True)


def _iterate_children(node: MappingNode, position: _Position) -> Iterator[tuple[Node, _Position]]:
    for key, value in node.pairs:
        owner, kind = position.owner, position.kind
        if position.is_object:
            kind = _LISTS.get(key.value, kind)
        else:
            owner = ".".join([*owner.split(".")[1 - _MAX_PATH_KEYS :], key.value[:_MAX_KEY_CHARS]]).lstrip(
                "."
            )
        yield value, _Position(owner, position.is_workload, position.is_object, kind)

"""Find the images of a Dockerfile: FROM, COPY --from, RUN --mount=from, and the frontend of `# syntax=`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dockerhub_mcp.tools.image_sources.dockerfile_lines import DockerfileLines, Instruction
from dockerhub_mcp.tools.image_sources.model import (
    MAX_REFERENCES,
    FoundReference,
    ImageSource,
    ReferenceStatus,
    SourceKind,
    cut_reference,
)
from dockerhub_mcp.tools.image_sources.variables import Expansion, expand_variables

INSTRUCTIONS = frozenset(
    {
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
        "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    }
)  # fmt: skip
"""The instructions of Dockerfiles."""

_PLATFORM_ARGUMENTS = frozenset(
    f"{prefix}{suffix}" for prefix in ("TARGET", "BUILD") for suffix in ("PLATFORM", "OS", "ARCH", "VARIANT")
) | {"TARGETSTAGE"}
_WORD = re.compile(r"\S+")
_FLAGS = re.compile(r"(?:\s*--[a-z][\w-]*(?:=\S*)?(?=\s|$))*")
_ARGUMENT = re.compile(r"""([A-Za-z_]\w*)(?:=((?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])*))?(?=\s|$)""")
_PLATFORM_FLAG = re.compile(r"(?:^|\s)--platform=(\S+)")
_MAX_VALUE_CHARS = 200
_MAX_ARGUMENTS = 2000


def read_dockerfile(text: str, build_arguments: Mapping[str, str] | None = None) -> ImageSource:
    """Return the images of a Dockerfile.

    Args:
        text: The Dockerfile.
        build_arguments: Values of `ARG`s, which replace their defaults.
    """
    lines = DockerfileLines.split(text)
    reader = _DockerfileReader(lines, dict(build_arguments or {}))
    reader.read()
    return ImageSource(SourceKind.DOCKERFILE, tuple(reader.references), tuple(lines.notes))


@dataclass(slots=True)
class _DockerfileReader:
    """Reads the instructions in order.

    Attributes:
        lines: The lines.
        build_arguments: Values of `ARG`s from outside.
        arguments: The expanded values of the `ARG`s before the first FROM; None for one without a value.
        references: The references found so far.
        stages: The names of the stages so far, in lower case; empty for a stage without one.
        stage_arguments: The names of `ARG`s that are declared in stages, where FROM does not see them.
    """

    lines: DockerfileLines
    build_arguments: dict[str, str]
    arguments: dict[str, Expansion | None] = field(default_factory=dict)
    references: list[FoundReference] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)
    stage_arguments: set[str] = field(default_factory=set)

    def read(self) -> None:
        """Read all instructions."""
        if "syntax" in self.lines.directives:
            image, line = self.lines.directives["syntax"]
            raw = image.split()[0]
            self._add(line, raw, Expansion(raw), "syntax directive")
        for instruction in self.lines.iterate_instructions():
            if len(self.references) >= MAX_REFERENCES:
                self.lines.notes.append(
                    f"The lines behind {instruction.line} were not read: {MAX_REFERENCES} references."
                )
                break
            self._read_instruction(instruction)
        self._mark_later_stages()

    def _read_instruction(self, instruction: Instruction, prefix: str = "") -> None:
        match instruction.name:
            case "FROM":
                self._read_from(instruction)
            case "ARG":
                self._read_arguments(instruction)
            case "COPY":
                self._read_copy(instruction, prefix)
            case "RUN":
                self._read_mounts(instruction, prefix)
            case "ONBUILD":
                found = re.match(r"\s*([A-Za-z]+)\s+", instruction.arguments)
                if found and found[1].upper() in {"COPY", "RUN"}:
                    blank = " " * found.end()  # keeps the offsets
                    arguments = blank + instruction.arguments[found.end() :]
                    trigger = replace(instruction, name=found[1].upper(), arguments=arguments)
                    self._read_instruction(trigger, "ONBUILD ")

    def _read_from(self, instruction: Instruction) -> None:
        arguments = instruction.arguments
        flags = _FLAGS.match(arguments)
        words = list(_WORD.finditer(arguments, flags.end() if flags else 0))
        if not words:
            self.lines.notes.append(f"Line {instruction.line}: FROM names no image.")
            return
        name = words[2][0].lower() if len(words) > 2 and words[1][0].lower() == "as" else ""  # noqa: PLR2004
        place = f"stage {name[:80]}" if name else f"stage {len(self.stages)}"
        raw = _strip_quotes(words[0][0])
        line = instruction.find_line(words[0].start())
        expansion = expand_variables(raw, self._find_argument, escape=self.lines.escape)
        if expansion.is_complete and expansion.text.lower() in filter(None, self.stages):
            self._append(FoundReference(line, raw, expansion.text, place, ReferenceStatus.STAGE))
        else:
            self._add(line, raw, expansion, place, self._find_platform(flags[0] if flags else ""))
        self.stages.append(name)

    def _find_platform(self, flags: str) -> str:
        """Return the platform of a FROM; empty without one, or where it depends on the build."""
        found = _PLATFORM_FLAG.search(flags)
        if found is None:
            return ""
        expansion = expand_variables(_strip_quotes(found[1]), self._find_argument, escape=self.lines.escape)
        return expansion.text if expansion.is_complete else ""

    def _read_arguments(self, instruction: Instruction) -> None:
        for found in _ARGUMENT.finditer(instruction.arguments):
            name, written = found[1], found[2]
            if self.stages:
                if len(self.stage_arguments) < _MAX_ARGUMENTS:
                    self.stage_arguments.add(name)
                continue
            if len(self.arguments) >= _MAX_ARGUMENTS and name not in self.arguments:
                return
            if name in self.build_arguments:
                self.arguments[name] = Expansion(self.build_arguments[name])
            elif written is None:
                self.arguments.setdefault(name, None)
            else:
                self.arguments[name] = self._evaluate(written)

    def _evaluate(self, written: str) -> Expansion:
        """Return the value of the default of an `ARG`."""
        if written.startswith("'") and written.endswith("'") and len(written) > 1:
            return Expansion(written[1:-1])
        return expand_variables(_strip_quotes(written), self._find_argument, escape=self.lines.escape)

    def _find_argument(self, name: str) -> str | None:
        expansion = self.arguments.get(name)
        return expansion.text if expansion is not None and expansion.is_complete else None

    def _read_copy(self, instruction: Instruction, prefix: str) -> None:
        flags = _FLAGS.match(instruction.arguments)
        for found in re.finditer(r"(?<=--from=)\S+", flags[0] if flags else ""):
            self._add_source(instruction, found[0], found.start(), f"{prefix}COPY --from")

    def _read_mounts(self, instruction: Instruction, prefix: str) -> None:
        flags = _FLAGS.match(instruction.arguments)
        for mount in re.finditer(r"(?<=--mount=)\S+", flags[0] if flags else ""):
            for found in re.finditer(r"(?:^|(?<=,))from=([^,]+)", mount[0]):
                offset = mount.start() + found.start(1)
                self._add_source(instruction, found[1], offset, f"{prefix}RUN --mount")

    def _add_source(self, instruction: Instruction, written: str, offset: int, kind: str) -> None:
        """Add the source of a COPY or of a mount: a stage by name or number, or an image."""
        raw = _strip_quotes(written)
        line = instruction.find_line(offset)
        current = f" in {self._name_stage()}" if self.stages else ""
        place = f"{kind}{current}"
        is_number = raw.isascii() and raw.isdigit() and len(raw) < 5  # noqa: PLR2004 - no file has as many stages
        if raw.lower() in filter(None, self.stages) or (is_number and int(raw) < len(self.stages)):
            self._append(FoundReference(line, raw, raw, place, ReferenceStatus.STAGE))
        elif "$" in raw:
            reason = "Docker replaces no variables here; name a stage (FROM ... AS name) and copy from it"
            self._append(FoundReference(line, raw, raw, place, ReferenceStatus.UNRESOLVED, reason))
        else:
            self._add(line, raw, Expansion(raw), place)

    def _name_stage(self) -> str:
        return f"stage {self.stages[-1][:80] or len(self.stages) - 1}"

    def _add(self, line: int, raw: str, expansion: Expansion, place: str, platform: str = "") -> None:
        if not expansion.is_complete:
            reason = self._describe_missing(expansion)
            self._append(FoundReference(line, raw, raw, place, ReferenceStatus.UNRESOLVED, reason))
        elif expansion.text == "scratch":
            self._append(FoundReference(line, raw, "scratch", place, ReferenceStatus.SCRATCH))
        else:
            self._append(FoundReference(line, raw, expansion.text, place, platform=platform))

    def _append(self, reference: FoundReference) -> None:
        raw, resolved = cut_reference(reference.raw), cut_reference(reference.resolved)
        self.references.append(replace(reference, raw=raw, resolved=resolved))

    def _describe_missing(self, expansion: Expansion) -> str:
        """Return why a reference has no value, and what to do."""
        if expansion.problem:
            return expansion.problem
        names = set(expansion.missing)
        if platform := sorted(names & _PLATFORM_ARGUMENTS):
            return f"{', '.join(platform)} depends on the platform of the build; pass the images that result"
        if declared := sorted(name for name in names if name in self.arguments):
            return f"ARG {declared[0][:80]} has no default; pass the image with the value that the build gets"
        if inner := sorted(names & self.stage_arguments):
            return f"ARG {inner[0][:80]} is declared in a stage; FROM sees only those before the first FROM"
        return f"{expansion.list_missing()}: no ARG before the first FROM declares it"

    def _mark_later_stages(self) -> None:
        """Mark sources that name a later stage, which Docker takes for the stage and not for an image."""
        names = {name for name in self.stages if name}
        for index, reference in enumerate(self.references):
            is_source = "COPY --from" in reference.place or "RUN --mount" in reference.place
            if is_source and reference.status is ReferenceStatus.IMAGE and reference.raw.lower() in names:
                reason = "a later stage, which Docker refuses"
                self.references[index] = replace(reference, status=ReferenceStatus.STAGE, reason=reason)


def _strip_quotes(text: str) -> str:
    """Return a word without the quotation marks around it."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text

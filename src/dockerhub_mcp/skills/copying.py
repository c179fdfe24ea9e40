"""Copying the skills to a folder from which hosts read them, such as `.claude/skills`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from dockerhub_mcp.skills.catalog import SKILLS, load_content


class CopyOutcome(StrEnum):
    """What happened to a file."""

    WROTE = "wrote"
    UNCHANGED = "unchanged"
    KEPT = "kept"
    """It was there with other content, and was not overwritten."""


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """A file of a skill in the target folder, and what happened to it."""

    path: Path
    outcome: CopyOutcome


def copy_skills(target: Path) -> list[CopiedFile]:
    """Write each file of each skill below a folder, unless a file with other content is there.

    Args:
        target: The folder; created if it does not exist.

    Raises:
        OSError: A file cannot be read or written.
    """
    copied = []
    for skill in SKILLS:
        for name, content in load_content(skill.name).files.items():
            path = target / skill.name / name
            copied.append(CopiedFile(path, _write_file(path, content)))
    return copied


def _write_file(path: Path, content: bytes) -> CopyOutcome:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        return CopyOutcome.UNCHANGED if path.read_bytes() == content else CopyOutcome.KEPT
    return CopyOutcome.WROTE

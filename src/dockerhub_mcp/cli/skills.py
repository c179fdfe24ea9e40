"""The command `skills`: lists the skills of the package, and copies them to a folder."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TextIO

from dockerhub_mcp.cli.streams import write_text
from dockerhub_mcp.skills.catalog import SKILLS, load_content
from dockerhub_mcp.skills.copying import CopyOutcome, copy_skills

_WIDTH = 100


def list_skills() -> str:
    """Return the names of the skills with their descriptions, wrapped."""
    parts = []
    for skill in SKILLS:
        fields = load_content(skill.name).frontmatter
        text = f"{fields['description']} {fields['compatibility']}"
        parts.append(f"{skill.name}\n{textwrap.indent(textwrap.fill(text, _WIDTH), '  ')}\n")
    return "".join(parts)


def write_skills(target: Path, stdout: TextIO, stderr: TextIO) -> int:
    """Copy the skills to a folder, say what happened to each file, and return the exit code."""
    try:
        copied = copy_skills(target)
    except OSError as error:
        stderr.write(f"dockerhub-mcp: the skills cannot be copied to {target}: {error}\n")
        return 1
    write_text(stdout, "".join(f"{file.outcome:9} {file.path}\n" for file in copied))
    kept = [file for file in copied if file.outcome is CopyOutcome.KEPT]
    if kept:
        stderr.write("Files with other content were kept. Delete them, and run this again to get new ones.\n")
    return int(bool(kept))

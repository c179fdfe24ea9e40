"""The folder `skills/` of the checkout, from which hosts read skills: a copy of those in the package."""

from __future__ import annotations

from devtools.generate.artifacts import Files, find_leftovers
from devtools.generate.paths import ROOT
from dockerhub_mcp.skills.catalog import SKILLS, load_content

FOLDER = ROOT / "skills"


def build_files() -> Files:
    """Return the files of each skill."""
    files = {
        FOLDER / skill.name / name: content.decode()
        for skill in SKILLS
        for name, content in load_content(skill.name).files.items()
    }
    return {**files, **find_leftovers(FOLDER, "**/*.*", files)}

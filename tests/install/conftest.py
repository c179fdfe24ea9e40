"""What the tests of installing share: a home of their own, and the command as a person calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.installing import Person


@pytest.fixture
def person(tmp_path: Path) -> Person:
    home, project, program = tmp_path / "home", tmp_path / "project", tmp_path / "bin" / "dockerhub-mcp"
    for directory in (home, project, program.parent):
        directory.mkdir()
    program.touch(mode=0o755)
    return Person(home, project, program)

"""The command `skills`."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockerhub_mcp.skills.catalog import MAIN_FILE, SKILLS, load_content
from tests.support.command_line import run_main


def read_files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_the_list_has_each_skill_with_its_description() -> None:
    done = run_main("skills")
    assert (done.returncode, done.stderr) == (0, "")
    text = " ".join(done.stdout.split())
    for skill in SKILLS:
        fields = load_content(skill.name).frontmatter
        assert f"{skill.name} {fields['description']} {fields['compatibility']}" in text
    assert max(map(len, done.stdout.splitlines())) <= 102


def test_skills_are_copied_and_changed_files_are_kept(tmp_path: Path) -> None:
    target = tmp_path / ".claude" / "skills"
    done = run_main("skills", "--to", str(target))
    assert (done.returncode, done.stderr) == (0, "")
    expected = {
        f"{skill.name}/{name}": content
        for skill in SKILLS
        for name, content in load_content(skill.name).files.items()
    }
    assert read_files(target) == expected
    assert done.stdout.splitlines() == [f"wrote     {target / skill.name / MAIN_FILE}" for skill in SKILLS]
    changed, missing, other = (target / name / MAIN_FILE for name in ("pin-images", "review-access", "mine"))
    changed.write_text("changed")
    missing.unlink()
    other.parent.mkdir()
    other.write_text("mine")
    done = run_main("skills", "--to", str(target))
    assert done.returncode == 1
    assert "other content were kept" in done.stderr
    assert sorted({line.split()[0] for line in done.stdout.splitlines()}) == ["kept", "unchanged", "wrote"]
    assert f"kept      {changed}" in done.stdout
    assert f"wrote     {missing}" in done.stdout
    assert read_files(target) == expected | {
        "pin-images/SKILL.md": b"changed",
        "mine/SKILL.md": b"mine",
    }


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    done = run_main("skills", "--to", str(tmp_path / name))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"dockerhub-mcp: the skills cannot be copied to {tmp_path / name}: ")

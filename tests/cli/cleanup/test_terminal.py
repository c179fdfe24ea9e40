"""The command `cleanup` at a terminal: progress, and Ctrl-C."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.support.shell import CLEAN_ENVIRONMENT, PROGRAM, PROGRAM_WITHOUT_RICH
from tests.support.terminals import Terminal

WORDS = ["cleanup", "--sandbox", "--older-than", "180d", "--apply"]
FEW, MANY = ["milldale/signed"], ["milldale/controller", "--max-delete", "3000"]
QUESTION = "Do it? [y/N] "


def open_terminal(*words: str, program: list[str] = PROGRAM) -> Terminal:
    return Terminal([*program, *WORDS, *words], CLEAN_ENVIRONMENT)


def test_ctrl_c_tells_what_was_deleted_and_how_to_go_on(tmp_path: Path) -> None:
    directory = tmp_path / "plans"
    directory.mkdir(mode=0o700)
    with open_terminal(*MANY, "--plans-dir", str(directory), program=PROGRAM_WITHOUT_RICH) as terminal:
        terminal.until(QUESTION)
        terminal.type("y\r")
        terminal.until("tags of milldale/controller done")
        terminal.type("\x03")
        output = terminal.end()
        assert terminal.process.returncode == 3
    [row] = [line for line in output.splitlines() if line.startswith("milldale/controller  interrupted")]
    deleted, *_, not_reached = (int(count.replace(",", "")) for count in row.split()[2:])
    assert deleted >= 1
    assert not_reached >= 1
    assert "Traceback" not in output
    found = re.search(r"apply_tag_cleanup\s+(cleanup-[0-9a-f]{32})", output.replace("\r\n", ""))
    assert found is not None
    journals = [path for path in directory.iterdir() if found[1] in path.name]
    outcomes = [
        line for path in journals for line in path.read_text().splitlines() if '"outcome": "deleted"' in line
    ]
    assert len(outcomes) == deleted
    assert all(json.loads(line)["event"] == "outcome" for line in outcomes)


def test_ctrl_c_at_the_question_deletes_nothing() -> None:
    with open_terminal(*FEW) as terminal:
        terminal.until(QUESTION)
        terminal.type("\x03")
        output = terminal.end()
        assert terminal.process.returncode == 130
    assert "Interrupted; nothing was deleted." in output
    assert "Traceback" not in output


def test_a_bar_shows_how_many_tags_are_done() -> None:
    with open_terminal(*FEW) as terminal:
        shown = terminal.until(QUESTION)
        found = re.search(r"(\d+) tags of milldale/signed", shown)
        assert found is not None, shown
        assert re.search(r"(\d+)/\1", shown)
        terminal.type("y\r")
        output = terminal.end()
        assert terminal.process.returncode == 0
    assert re.search(rf"\d+/{found[1]}", output)

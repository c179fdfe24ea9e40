"""What `cleanup` says about mistakes, and about rules that may not do what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockerhub_mcp.cli.cleanup.report import EXIT_PARTLY
from tests.support.command_line import Completed, run_main

SHARED = ["milldale/shared-index", "--older-than", "5d"]


def cleanup(*words: str, stdin: str = "", is_terminal: bool = False) -> Completed:
    """Clean up repositories of the embedded Hub."""
    return run_main("cleanup", "--sandbox", *words, stdin=stdin, is_terminal=is_terminal)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--delete-matching", "^1"], "not ['^1']. Example: --delete-matching 'pr-*'.\n"),
        (["--keep-newest", "5"], "set --delete-matching '*' with keep rules such as --keep-newest.\n"),
        (
            ["--older-than", "5d", "--per", "minor"],
            "Without --keep-newest, --per=minor keeps nothing; add --keep-newest=5.",
        ),
        (["--older-than", "5d", "--yes"], "there is no option --yes; --apply --max-delete N confirms"),
        (["--older-than", "5d", "--dry-run"], "there is no option --dry-run; without --apply, nothing is"),
        (["--access", "admin"], "there is no option --access; see dockerhub-mcp cleanup --help"),
        (["older_than=5d"], "without a tag, not 'older_than=5d'."),
        (["--older-than", "5", "--max-delete", "0", "app"], "--max-delete: must be at least 1, not 0."),
        (["--older-than", "5", "--max-delete", "0", "app"], "--older-than: must be a duration"),
        (["--older-than", "5", "--max-delete", "0", "app"], "without a tag, not 'app'."),
        (["--older-than", "5d", "milldale/*"], "globs are for tags; name each repository, not 'milldale/*'."),
    ],
)
def test_a_mistake_is_explained_in_the_words_of_the_command_line(words: list[str], message: str) -> None:
    done = cleanup("milldale/shared-index", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_the_question_names_options_and_the_sum_of_several_plans() -> None:
    done = cleanup(*SHARED, "milldale/signed", "--apply", stdin="n\n", is_terminal=True)
    assert "1 by --keep-matching" in done.stderr
    assert "In all: 10 tags of 2 repositories." in done.stderr


def test_a_repository_that_is_refused_is_part_of_the_result() -> None:
    done = cleanup(*SHARED, "milldale/branches", "--apply", "--max-delete", "9")
    assert done.returncode == EXIT_PARTLY
    result = done.stdout.partition("result:")[2].splitlines()
    assert [line.split()[:2] for line in result[2:4]] == [
        ["milldale/shared-index", "done"],
        ["milldale/branches", "refused"],
    ]
    assert done.stderr.count("milldale/shared-index: Note: The images of the deleted tags stay") == 1
    assert done.stderr.count("milldale/branches: These rules would delete every one") == 1


def test_a_limit_of_the_run_may_be_higher_than_that_of_one_plan(tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[repositories."milldale/shared-index"]\nolder_than = "5d"\n')
    done = cleanup("--rules", str(rules), "--max-delete", "50000")
    assert (done.returncode, "Nothing was deleted" in done.stderr) == (0, True)
    done = cleanup("--rules", str(rules), "--max-delete", "0")
    assert (done.returncode, done.stderr.count("--max-delete: must be at least 1, not 0")) == (2, 1)


def test_one_image_without_a_tag_is_one() -> None:
    words = ["milldale/signed", "--delete-matching", "*.sig", "--untagged"]
    assert "  1 image or index without a tag\n" in cleanup(*words).stdout


def test_deleting_latest_and_globs_that_keep_nothing_are_pointed_out() -> None:
    words = ["milldale/platform-tags", "--older-than", "5d", "--keep-matching", "1.*,lates,v-.*"]
    done = cleanup(*words)
    assert "latest is one of the tags that are deleted" in done.stderr
    assert "--keep-matching keeps no tag by lates, v-.*: nothing has such a name." in done.stderr

"""The command `cleanup` on the embedded Hub, or on a sandbox behind a socket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.cli.cleanup.options import RULES
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.catalog.all_tools import TOOLS_BY_NAME
from tests.support.audit_logs import read_outcomes
from tests.support.command_line import Completed, run_main

BRANCHES = ["milldale/branches", "--older-than", "5d"]
SHARED = ["milldale/shared-index", "--older-than", "5d"]
QUESTION = "Do it? [y/N] "


def cleanup(*words: str, stdin: str = "", is_terminal: bool = False, **environment: str) -> Completed:
    """Clean up a repository of the embedded Hub."""
    return run_main("cleanup", "--sandbox", *words, stdin=stdin, env=environment, is_terminal=is_terminal)


class Shared:
    """Cleans up repositories of one sandbox, several times."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def list_tags(self, repository: str) -> set[str]:
        return {tag.name for tag in self.sandbox.state.repositories["milldale", repository].tags}


@pytest.fixture
def shared(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Shared:
    """Let all commands of a test use one embedded Hub."""
    monkeypatch.setattr("dockerhub_mcp.bootstrap.hubs._create_sandbox", lambda: sandbox)
    return Shared(sandbox)


def test_every_rule_of_the_tool_is_an_option_of_its_type() -> None:
    properties = TOOLS_BY_NAME["plan_tag_cleanup"].input_schema["properties"]
    assert RULES.keys() == properties.keys() - {"namespace", "repository"}
    done = run_main("cleanup", "--help")
    assert done.returncode == 0
    for name, (schema, _) in RULES.items():
        assert schema == {key: value for key, value in properties[name].items() if key in schema}, name
        assert ("enum" in schema) == ("enum" in properties[name]), name
        assert f"--{name.replace('_', '-')}" in done.stdout


def test_a_plan_is_shown_as_a_table_and_nothing_is_deleted() -> None:
    done = cleanup(*SHARED)
    assert done.returncode == 0
    lines = {line.partition("  ")[0]: line.partition("  ")[2].strip() for line in done.stdout.splitlines()}
    assert lines["deletes"] == "3 tags"
    assert lines["keeps"] == "3 tags"
    assert "same digest as a kept tag  2      1.2, 1.2.0" in done.stdout
    assert "--keep-matching            1      latest" in done.stdout
    assert "Nothing was deleted. Add --apply to carry this out." in done.stderr
    assert "With --untagged these are deleted as well." in done.stderr
    assert "apply_tag_cleanup" not in done.stdout + done.stderr


def test_json_has_the_whole_plan_with_the_words_of_the_tool() -> None:
    data = cleanup(*SHARED, "-o", "json").json()
    [report] = data["repositories"]
    assert (data["status"], report["status"]) == ("planned", "planned")
    assert (report["plan"]["deletes"], report["plan"]["keeps"]) == (3, 3)
    assert report["plan"]["rules"] == [{"rule": "older_than", "tags": 6}]


def test_one_question_is_asked_at_a_terminal(shared: Shared) -> None:
    before = shared.list_tags("shared-index")
    for answer in ("n\n", "\n", ""):
        done = cleanup(*SHARED, "--apply", stdin=answer, is_terminal=True)
        assert (done.returncode, done.stderr.count(QUESTION)) == (1, 1)
        assert "You declined it; nothing was deleted." in done.stderr
        assert shared.list_tags("shared-index") == before
    done = cleanup(*SHARED, "--apply", stdin="y\n", is_terminal=True)
    assert (done.returncode, done.stderr.count(QUESTION)) == (0, 1)
    assert "3 tags of milldale/shared-index" in done.stderr
    assert shared.list_tags("shared-index") == {"1.2", "1.2.0", "latest"}


def test_max_delete_does_not_replace_the_question_at_a_terminal(shared: Shared) -> None:
    done = cleanup(*SHARED, "--apply", "--max-delete", "9", stdin="n\n", is_terminal=True)
    assert (done.returncode, done.stderr.count(QUESTION)) == (1, 1)
    assert len(shared.list_tags("shared-index")) == 6


def test_without_a_terminal_max_delete_takes_the_place_of_the_question(
    shared: Shared, tmp_path: Path
) -> None:
    before = shared.list_tags("shared-index")
    done = cleanup(*SHARED, "--apply")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Add --max-delete N" in done.stderr
    assert shared.list_tags("shared-index") == before
    log = tmp_path / "audit.jsonl"
    words = [*SHARED, "--apply", "--max-delete", "2", "-o", "json", "--audit-log", str(log)]
    done = cleanup(*words)
    assert done.returncode == 0
    [report] = done.json()["repositories"]
    assert (report["result"]["deleted"], report["plan"]["left_for_another_plan"]) == (1, 2)
    assert before - shared.list_tags("shared-index") == {"1.0.0"}, "1.1 and 1.1.0 are one image"
    deletions = [entry for entry in read_outcomes(log) if entry["outcome"] == "done"]
    assert len(deletions) == 1
    assert not any(entry.get("confirmed") for entry in deletions), "no user was asked"


def test_settings_for_agents_neither_allow_nor_prevent_a_clean_up() -> None:
    variables: dict[str, Any] = {
        "DOCKERHUB_MCP_ACCESS": "read",
        "DOCKERHUB_MCP_TOOLS": "get_tag",
        "DOCKERHUB_MCP_CONFIRM": "never",
        "DOCKERHUB_MCP_MAX_RESULT_BYTES": "1024",
    }
    done = cleanup(*SHARED, "--apply", **variables)
    assert (done.returncode, done.stdout) == (1, ""), "--confirm never is no confirmation here"
    done = cleanup(*SHARED, "--apply", stdin="y\n", is_terminal=True, **variables)
    assert (done.returncode, done.stderr.count(QUESTION)) == (0, 1)


def test_images_without_a_tag_are_deleted_with_the_tags() -> None:
    done = cleanup(*SHARED, "--untagged", "--apply", "--max-delete", "50", "-o", "json")
    assert done.returncode == 0
    [report] = done.json()["repositories"]
    count = report["plan"]["deletes"] + report["plan"]["deleted_manifests"]
    assert report["result"]["deleted"] == count > report["plan"]["deletes"]
    assert "With --untagged" not in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "dockerhub-mcp cleanup: name a repository such as acme/app, or a file with --rules FILE"),
        (["acme/app"], "A plan needs a delete rule: one of --delete-matching, "),
        (["app", "--older-than=5d"], "repository: write namespace/repository, without a tag, not 'app'"),
        (["acme/app", "--older-than=5"], "--older-than: must be a duration such as 90d"),
        (["acme/app", "--older-then=5d"], "there is no option --older-then; did you mean --older-than?"),
        (["acme/app", "--untagged", "--max-delete=0"], "--max-delete: must be at least 1"),
        (["acme/app", "--untagged", "--per=patch"], "argument --per/--keep-newest-per: invalid choice"),
        (["acme/app", "acme/APP", "--untagged"], "acme/APP is named twice"),
        (["acme/app:1.0", "--untagged"], "repository: write namespace/repository, without a tag"),
        (["--rules", "x.toml", "--older-than=5d"], "--older-than cannot be combined with --rules"),
        (["--rules", "/no/such/file.toml"], "--rules: /no/such/file.toml cannot be read"),
    ],
)
def test_wrong_usage_ends_with_code_2_before_anything_is_sent(words: list[str], message: str) -> None:
    done = cleanup(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_refusal_ends_with_code_1() -> None:
    for words, message in (
        (BRANCHES, "These rules would delete every one of the 4 tags"),
        (["milldale/missing", "--older-than=5d"], "No repository milldale/missing is visible"),
    ):
        done = cleanup(*words)
        assert (done.returncode, done.stdout) == (1, "")
        assert message in done.stderr
    assert "or set --allow-everything" in cleanup(*BRANCHES).stderr


def test_nothing_to_delete_is_a_success() -> None:
    done = cleanup("milldale/shared-index", "--older-than=20y", "--apply", "--max-delete=5")
    assert done.returncode == 0
    assert "Nothing is to be deleted by these rules." in done.stderr


def test_deletions_that_are_refused_end_with_code_3_or_1(shared: Shared) -> None:
    shared.sandbox.faults.add(match="/tags/1.1", method="DELETE", status=403)
    words = ["--apply", "--max-delete=50"]
    done = cleanup(*SHARED, *words)
    assert done.returncode == 3
    assert "refused" in done.stdout
    shared.sandbox.faults.add(match="/tags/", method="DELETE", status=403)
    done = cleanup(*SHARED, *words)
    assert done.returncode == 1


RULES_FILE = """\
[defaults]
older_than = "5d"

[repositories."milldale/shared-index"]

[repositories."milldale/branches"]
allow_everything = true

[repositories."milldale/missing"]
"""


def test_a_run_that_stops_says_how_to_go_on(shared: Shared) -> None:
    shared.sandbox.faults.add(match="/tags/", method="DELETE", status=403)
    words = ["milldale/controller", "--older-than=180d", "--apply", "--max-delete=20"]
    done = cleanup(*words)
    assert done.returncode == 1
    assert "were not reached. The same command makes a new plan of what is left." in done.stderr
    assert "apply_tag_cleanup" not in done.stderr


def test_a_rules_file_cleans_up_many_repositories_after_one_question(shared: Shared, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(RULES_FILE, "utf-8")
    done = cleanup("--rules", str(path), "--apply", stdin="y\n", is_terminal=True)
    assert (done.returncode, done.stderr.count(QUESTION)) == (3, 1)
    question = done.stderr[: done.stderr.index(QUESTION)]
    assert "3 tags of milldale/shared-index" in question
    assert "4 tags of milldale/branches" in question
    assert "milldale/missing: No repository" in done.stderr
    assert shared.list_tags("branches") == set()
    assert shared.list_tags("shared-index") == {"1.2", "1.2.0", "latest"}
    assert "keep_matching" not in done.stdout


def test_named_repositories_of_a_rules_file_are_cleaned_up_alone(shared: Shared, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(RULES_FILE, "utf-8")
    words = ["--rules", str(path), "--apply", "--max-delete=50", "-o", "json"]
    done = cleanup("Milldale/Branches", *words)
    assert done.returncode == 0
    assert [each["repository"] for each in done.json()["repositories"]] == ["milldale/branches"]
    assert len(shared.list_tags("shared-index")) == 6
    done = cleanup("acme/app", *words)
    assert (done.returncode, done.stderr.count("has no rules for acme/app")) == (2, 1)


def test_max_delete_limits_the_whole_run(shared: Shared, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(RULES_FILE.replace("allow_everything", "max_delete = 2\nallow_everything"), "utf-8")
    before = [shared.list_tags(name) for name in ("shared-index", "branches")]
    done = cleanup("--rules", str(path), "--apply", "--max-delete=4", "-o", "json")
    after = [shared.list_tags(name) for name in ("shared-index", "branches")]
    assert [len(old - new) for old, new in zip(before, after, strict=True)] == [3, 1]
    statuses = [each["status"] for each in done.json()["repositories"]]
    assert (done.returncode, statuses) == (3, ["done", "done", "refused"])
    assert "as many tags as --max-delete allows" in done.json()["repositories"][2]["error"]


def test_a_result_that_cannot_be_shown_deletes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    applied = []
    monkeypatch.setattr(
        "dockerhub_mcp.cli.cleanup.run.CleanupRunner.apply", lambda *_, **__: applied.append(1)
    )
    monkeypatch.setattr("dockerhub_mcp.cli.call.console.Console.write_result", lambda *_: False)
    assert cleanup(*SHARED, "--apply", "--max-delete=5").returncode == 1
    assert not applied

"""Rules files: what is read, and messages that name the key and the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockerhub_mcp.cli.cleanup.jobs import InvalidJobsError
from dockerhub_mcp.cli.cleanup.rules_file import read_rules_file

VALID = """\
# What every repository keeps
[defaults]
older_than = "180d"
keep-newest = 5
per = "minor"

[repositories."acme/app"]

[repositories."acme/tools"]
older_than = ""        # instead of the default
not_pulled_for = "1y"
delete_matching = [
    "pr-*",
    "nightly-*",
]
keep_newest = 2
"""


def write(directory: Path, text: str) -> Path:
    path = directory / "rules.toml"
    path.write_text(text, "utf-8")
    return path


def list_messages(directory: Path, text: str) -> list[str]:
    path = write(directory, text)
    with pytest.raises(InvalidJobsError) as caught:
        read_rules_file(path)
    return [message.replace(str(path), "rules.toml") for message in caught.value.messages]


def test_repositories_override_the_defaults(tmp_path: Path) -> None:
    app, tools = read_rules_file(write(tmp_path, VALID))
    assert app.repository == "acme/app"
    assert app.rules == {"older_than": "180d", "keep_newest": 5, "keep_newest_per": "minor"}
    assert tools.rules == {
        "older_than": "",
        "not_pulled_for": "1y",
        "delete_matching": ["pr-*", "nightly-*"],
        "keep_newest": 2,
        "keep_newest_per": "minor",
    }


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, "\ufeff" + VALID.replace("\n", "\r\n"))
    assert [job.repository for job in read_rules_file(path)] == ["acme/app", "acme/tools"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "keep-newest = 5",
            "keep-newst = 5",
            "rules.toml:4: keep-newst is no rule; did you mean keep_newest",
        ),
        ('"180d"', '"180"', "rules.toml:3: older_than: must be a duration such as 90d"),
        ('"180d"', "180", "rules.toml:3: older_than: must be a duration"),
        ("keep_newest = 2", "keep_newest = -2", "rules.toml:16: acme/tools: keep_newest: must be at least 0"),
        ('"nightly-*"', '"nightly-.*$"', "rules.toml:12: acme/tools: delete_matching: takes globs"),
        ('per = "minor"', 'per = "patch"', "rules.toml:5: keep_newest_per: must be one of"),
        (
            "keep_newest = 2",
            "per = 'major'\nkeep_newest_per = 'minor'",
            "rules.toml:17: keep_newest_per is given",
        ),
        ("acme/app", "app", "rules.toml:7: app: repository: write namespace/repository, without a tag"),
        ("acme/app", "ACME/tools", "rules.toml:9: acme/tools is named twice"),
        ("[defaults]", "[default]", 'rules.toml:2: there is no table or key "default" at the top'),
        ('not_pulled_for = "1y"', "repository = 'x'", "rules.toml:11: repository is no rule"),
        ('older_than = "180d"', "", "rules.toml:7: acme/app: A plan needs a delete rule"),
        ("[repositories", "[[repositories", "rules.toml: it is not valid TOML: "),
        ('per = "minor"', 'per = "minor', "rules.toml: it is not valid TOML: Illegal character"),
    ],
)
def test_a_mistake_is_reported_with_its_key_and_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in VALID
    messages = list_messages(tmp_path, VALID.replace(old, new, 1))
    assert any(each.startswith(message.rstrip()) for each in messages), messages


def test_a_name_without_quotation_marks_is_explained(tmp_path: Path) -> None:
    [message] = list_messages(tmp_path, '[repositories.acme.app]\nolder_than = "5d"\n')
    assert message == 'rules.toml:1: write the name in quotation marks: [repositories."acme/app"]'


def test_false_removes_any_default(tmp_path: Path) -> None:
    text = VALID.replace('older_than = ""', "older_than = false")
    assert read_rules_file(write(tmp_path, text))[1].rules["older_than"] == ""


def test_a_default_that_is_wrong_is_reported_once(tmp_path: Path) -> None:
    text = '[defaults]\nolder_than = "x"\n[repositories."a/b1"]\n[repositories."a/b2"]\n'
    assert len(list_messages(tmp_path, text)) == 1


def test_a_file_without_repositories_is_refused(tmp_path: Path) -> None:
    assert "names no repository" in list_messages(tmp_path, "[defaults]\nuntagged = true\n")[0]
    assert "must be a table" in list_messages(tmp_path, 'repositories = ["acme/app"]\n')[0]
    assert "must be a table" in list_messages(tmp_path, '[repositories]\n"acme/app" = 5\n')[0]


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InvalidJobsError, match="cannot be read"):
        read_rules_file(tmp_path / "missing.toml")
    (tmp_path / "latin.toml").write_bytes(b"# \xe9\n")
    with pytest.raises(InvalidJobsError, match="cannot be read"):
        read_rules_file(tmp_path / "latin.toml")


def test_the_problems_of_all_keys_are_reported_in_the_order_of_the_lines(tmp_path: Path) -> None:
    text = VALID.replace("acme/app", "acme/*").replace('"1y"', '"1"').replace("acme/tools", "tools")
    messages = list_messages(tmp_path, text.replace("[defaults]", "[defaults]\nkeep_newst = 2"))
    assert [message.split(" ", 1)[0] for message in messages] == [f"rules.toml:{n}:" for n in (3, 8, 10, 12)]
    assert "globs are for tags; name each repository, not 'acme/*'" in messages[1]


@pytest.mark.parametrize(("value", "shown"), [("true", "true"), ("2020-01-01", "2020-01-01")])
def test_a_rejected_value_is_written_as_in_the_file(tmp_path: Path, value: str, shown: str) -> None:
    [message] = list_messages(tmp_path, VALID.replace('"180d"', value, 1))
    assert message.startswith(f"rules.toml:3: older_than: must be text, not {shown}. ")


def test_a_removed_default_takes_its_groups_with_it(tmp_path: Path) -> None:
    _, tools = read_rules_file(write(tmp_path, VALID.replace("keep_newest = 2", "keep_newest = false")))
    assert "keep_newest_per" not in tools.rules
    [message] = list_messages(tmp_path, VALID.replace("keep-newest = 5\n", ""))
    assert message.startswith(
        "rules.toml:6: acme/app: Without keep_newest, keep_newest_per=minor keeps nothing"
    )

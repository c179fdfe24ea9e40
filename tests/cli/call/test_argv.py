from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.cli.call import options
from dockerhub_mcp.cli.call.arguments import arguments_of, key_of, words_of
from dockerhub_mcp.cli.call.argv import Asked, WordsError, read_words
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.tools.catalog.schema import build_input_schema

SCHEMAS = {method.tool_name: build_input_schema(method) for method in ALL_METHODS}


def read(line: str | list[str]) -> Asked:
    return read_words(line.split() if isinstance(line, str) else line, SCHEMAS)


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("list_tags --repository redis --page-size 5", {"repository": "redis", "page_size": 5}),
        ("list_tags --repository=redis --page_size=5", {"repository": "redis", "page_size": 5}),
        ("list-tags redis", {"repository": "redis"}),
        ("list_tags redis --fields name,digest", {"repository": "redis", "fields": ["name", "digest"]}),
        ("list_tags redis --fields name --fields digest", {"repository": "redis", "fields": ["name", "digest"]}),
        ('list_tags redis --fields ["name"]', {"repository": "redis", "fields": ["name"]}),
        ("list_tags redis --page 1 --page 2", {"repository": "redis", "page": 2}),
        ("list_tags redis --page -1", {"repository": "redis", "page": -1}),
        ("list_tags redis --name -alpine", {"repository": "redis", "name": "-alpine"}),
        ("list_tags redis --name=--", {"repository": "redis", "name": "--"}),
        ("list_tags -- redis", {"repository": "redis"}),
        ("get_tag redis:8.2", {"repository": "redis:8.2"}),
        ("get_tag redis 8.2", {"repository": "redis", "tag": "8.2"}),
        ("list_repositories acme", {"namespace": "acme"}),
        ("delete_tag acme/app:old", {"repository": "acme/app:old"}),
        ("create_repository acme/app --is-private", {"name": "acme/app", "is_private": True}),
        ("create_repository acme/app --no-is_private", {"name": "acme/app", "is_private": False}),
        ("create_repository --is-private false acme/app", {"name": "acme/app", "is_private": False}),
        ("create_repository --is-private acme/app", {"name": "acme/app", "is_private": True}),
        ("create_repository acme/app --is-private=maybe", {"name": "acme/app", "is_private": "maybe"}),
        ("list_org_members acme --invites", {"org_name": "acme", "invites": True}),
        ("create_org_invites acme ada linus,grace", {"org": "acme", "invitees": ["ada", "linus", "grace"]}),
        ("scim_list_users --start-index 2 --sortBy x", {"startIndex": 2, "sortBy": "x"}),
        ("scim_list_users --startIndex 2 --sort_by x", {"startIndex": 2, "sortBy": "x"}),
        ("update_immutable_tags acme/app --immutable-tags-rules [0-9].*", {"repository": "acme/app", "immutable_tags_rules": ["[0-9].*"]}),
        ("get_current_user", {}),
        ("list_tags redis --page-size 5000", {"repository": "redis", "page_size": 5000}),
        ("list_tags redis --page-size 2.5", {"repository": "redis", "page_size": 2.5}),
        ("list_tags redis --page-size many", {"repository": "redis", "page_size": "many"}),
        ("list_tags redis --pagesize 5", {"repository": "redis", "pagesize": "5"}),
        ("list_tags redis --wrong --page 2", {"repository": "redis", "page": 2, "wrong": True}),
        ("list_tags redis --no-name", {"repository": "redis", "no_name": True}),
    ],
)  # fmt: skip
def test_words_become_the_arguments_that_an_agent_would_send(line: str, arguments: dict[str, Any]) -> None:
    assert read(line).arguments == arguments


def test_lists_of_things_are_json_one_or_several() -> None:
    one = {"type": "TYPE_REPO", "path": "acme/*", "scopes": ["scope-image-pull"]}
    for words in ([json.dumps([one, one])], [json.dumps(one), json.dumps(one)]):
        asked = read(["create_org_access_token", "acme", "ci", *words])
        assert asked.arguments == {"name": "acme", "label": "ci", "resources": [one, one]}
    assert read(["create_org_access_token", "acme", "ci", "acme/*"]).arguments["resources"] == ["acme/*"]


def test_options_stand_on_both_sides_and_a_name_of_both_is_the_tools_behind_it() -> None:
    before = read("--access admin --sandbox -o json -y --username acme list_tags redis")
    behind = read("list_tags redis --sandbox --access=admin --output json --yes --username acme")
    assert before == behind
    assert before.settings == {"access": "admin", "sandbox": True, "username": "acme"}
    assert (before.output, before.yes, before.help) == ("json", True, False)
    both = read("--username acme --no-sandbox login --username ada")
    assert both.settings == {"username": "acme", "sandbox": False}
    assert both.arguments == {"username": "ada"}
    assert read("--sandbox=maybe login").settings == {"sandbox": "maybe"}  # for the settings to refuse


@pytest.mark.parametrize("line", ["", "--help", "-h", "--sandbox"])
def test_without_a_tool_nothing_is_called(line: str) -> None:
    assert read(line).tool == ""


def test_help_may_stand_behind_a_tool_that_lacks_arguments() -> None:
    asked = read("get_tag --help")
    assert (asked.tool, asked.help, asked.arguments) == ("get_tag", True, {})


def test_an_unknown_tool_is_left_to_the_registry() -> None:
    assert read("gettag --anything -x 1").tool == "gettag"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--page-size 5 list_tags", "there is no option --page-size. A tool's arguments stand behind its name"),
        ("--acces write list_tags", "there is no option --acces; did you mean --access?"),
        ("list_tags -x", "there is no option -x; the short ones are -o, -y, -h"),
        ("list_tags redis alpine", "'alpine' is one word too many: list_tags takes REPOSITORY"),
        ("get_current_user me", "'me' is one word too many: get_current_user takes no plain words"),
        ("get_tag redis --repository nginx", "repository is given twice: as --repository, and as the word 'redis'"),
        ("list_tags --name", "--name needs a value"),
        ("list_tags --name --page 1", "(one that begins with two dashes is written --name=--...)"),
        ("list_tags --output yaml", "--output must be one of text, table, json, not 'yaml'"),
        ("list_tags --yes=no", "--yes takes no value and has no opposite"),
        ("--no-yes list_tags", "--yes takes no value and has no opposite"),
        ("list_tags --access", "--access needs a value"),
        ("login --password hunter2", "--password takes no value here: others would see it"),
        ("login --password=hunter2", "--arguments @FILE or -"),
        ("list_tags --arguments {", "--arguments: its value is no JSON"),
        ("list_tags --arguments [1]", '--arguments: its value must be an object such as {"repository": "redis"}'),
        ("list_tags --arguments @/no/such/file", "--arguments @/no/such/file cannot be read: No such file"),
        ('login --arguments {"password":"hunter2"}', "password would be seen by others in the list of processes"),
    ],
)  # fmt: skip
def test_words_that_make_no_call_are_refused_with_what_to_write(line: str, words: str) -> None:
    with pytest.raises(WordsError) as refused:
        read(line)
    assert words in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_arguments_come_as_json_and_options_go_over_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = {"repository": "redis", "page": 3, "fields": ["name"]}
    (tmp_path / "sent.json").write_text(json.dumps(sent), "utf-8")
    for place in (json.dumps(sent), f"@{tmp_path}/sent.json", "-"):
        monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(sent)))
        assert read(["list_tags", "--arguments", place]).arguments == sent
        monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(sent)))
        asked = read(["--arguments", place, "list_tags", "--page", "4"])
        assert asked.arguments == {**sent, "page": 4}


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "sent").write_bytes(b"\xff\xfe")
    with pytest.raises(WordsError, match="cannot be read: it is not UTF-8"):
        read(["list_tags", "--arguments", f"@{tmp_path}/sent"])


def test_secrets_in_a_file_are_taken(tmp_path: Path) -> None:
    (tmp_path / "sent").write_text('{"username": "ada", "password": "hunter2"}', "utf-8")
    assert read(["login", "--arguments", f"@{tmp_path}/sent"]).arguments["password"] == "hunter2"


def test_a_secret_without_a_value_is_to_be_asked_for() -> None:
    asked = read("login --username ada --password")
    assert [argument.name for argument in asked.hidden] == ["password"]
    assert asked.arguments == {"username": "ada"}
    assert [each.name for each in read("login --password --username ada").hidden] == ["password"]


def test_a_wrong_name_near_an_option_of_the_server_is_hinted_at() -> None:
    asked = read("list_tags redis --acess write")
    assert asked.arguments == {"repository": "redis", "acess": "write"}
    assert asked.hints == ["--acess may be meant as the option --access."]


def test_every_argument_of_every_tool_can_be_written_in_each_spelling() -> None:
    for tool, schema in SCHEMAS.items():
        arguments = arguments_of(schema)
        assert len(arguments) == len(schema["properties"]), tool  # no two have the same key
        for argument in arguments.values():
            if argument.is_secret:
                continue
            for flag in (argument.flag, f"--{argument.name}"):
                asked = read([tool, f"{flag}=true"])
                assert list(asked.arguments) == [argument.name], f"{tool} {flag}"
                assert not asked.settings


def test_the_only_names_that_both_the_server_and_a_tool_have_are_told_in_the_help() -> None:
    both = {
        name for schema in SCHEMAS.values() for name in arguments_of(schema) if name.replace("-", "_") in options.ALL
    }  # fmt: skip
    assert both == {"username"}


def test_no_argument_is_named_like_the_opposite_of_another() -> None:
    for schema in SCHEMAS.values():
        assert not any(name.startswith("no-") for name in arguments_of(schema))


def test_plain_words_are_what_a_call_needs() -> None:
    for tool, schema in SCHEMAS.items():
        required = set(schema.get("required", []))
        places = [argument.name for argument in words_of(schema)]
        assert set(places) >= required - {"namespace"}, tool
        assert all(argument.kind != "array" for argument in words_of(schema)[:-1]), tool


@pytest.mark.parametrize("name", ["page_size", "pageSize", "page-size", "PAGE_SIZE"])
def test_keys_have_one_spelling(name: str) -> None:
    assert key_of(name) == "page-size"

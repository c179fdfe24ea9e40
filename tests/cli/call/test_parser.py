from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.cli.call.argument_names import format_option, list_positionals
from dockerhub_mcp.cli.call.argument_values import CallUsageError
from dockerhub_mcp.cli.call.parser import build_parser, parse_call
from dockerhub_mcp.cli.call.request import CallRequest
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS

SCHEMAS = {tool.name: tool.input_schema for tool in ALL_TOOLS}
SECRETS = {tool.name: tool.secret_arguments for tool in ALL_TOOLS}
RESOURCE = {"type": "TYPE_REPO", "path": "acme/*", "scopes": ["scope-image-pull"]}
STRINGS = {"type": "array", "items": {"type": "string"}}
OBJECTS = {"type": "array", "items": {"type": "object"}}


def parse(line: str | list[str], stdin: str = "") -> CallRequest:
    words = line.split() if isinstance(line, str) else line
    return parse_call(words, SCHEMAS.get, lambda: stdin, find_secrets=SECRETS.__getitem__)


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
        ("list_tags redis --name=-alpine", {"repository": "redis", "name": "-alpine"}),
        ("list_tags redis --name=--alpine", {"repository": "redis", "name": "--alpine"}),
        ("list_tags -- redis", {"repository": "redis"}),
        ("get_tag redis:8.2", {"repository": "redis:8.2"}),
        ("get_tag redis 8.2", {"repository": "redis", "tag": "8.2"}),
        ("get_tag redis --detail full 8.2", {"repository": "redis", "tag": "8.2", "detail": "full"}),
        ("list_repositories acme", {"namespace": "acme"}),
        ("delete_tag acme/app:old", {"repository": "acme/app:old"}),
        ("create_repository acme/app --is-private", {"name": "acme/app", "is_private": True}),
        ("create_repository acme/app --no-is_private", {"name": "acme/app", "is_private": False}),
        ("create_repository --is-private acme/app", {"name": "acme/app", "is_private": True}),
        ("create_repository acme/app --is-private=false", {"name": "acme/app", "is_private": False}),
        ("create_repository --is-private false acme/app", {"name": "acme/app", "is_private": False}),
        ("create_repository acme/app --is-private TRUE", {"name": "acme/app", "is_private": True}),
        ("create_repository --is-private --dry-run acme/app", {"name": "acme/app", "is_private": True, "dry_run": True}),
        ("create_repository acme/app --is_private=true", {"name": "acme/app", "is_private": True}),
        ("list_org_members acme --invites", {"org_name": "acme", "invites": True}),
        ("create_org_invites acme ada linus,grace", {"org": "acme", "invitees": ["ada", "linus", "grace"]}),
        ("scim_list_users --start-index 2 --sortBy x", {"startIndex": 2, "sortBy": "x"}),
        ("scim_list_users --startIndex 2 --sort_by x", {"startIndex": 2, "sortBy": "x"}),
        ("update_immutable_tags acme/app --immutable-tags-rules [0-9].*", {"repository": "acme/app", "immutable_tags_rules": ["[0-9].*"]}),
        ("pin_images redis:8.2,nginx nginx:1.28", {"images": ["redis:8.2", "nginx", "nginx:1.28"]}),
        ("inspect_image image=redis:8", {"image": "redis:8"}),
        ("review_tokens acme", {"org_name": "acme"}),
        ("list_tags repository=redis name=alpine page_size=5", {"repository": "redis", "name": "alpine", "page_size": 5}),
        ("list_tags redis page-size=5 --name alpine", {"repository": "redis", "page_size": 5, "name": "alpine"}),
        ("list_tags page_size=5 redis -o json detail=Full", {"repository": "redis", "page_size": 5, "detail": "full"}),
        ("list_tags redis fields=name,digest --fields full_size", {"repository": "redis", "fields": ["full_size", "name", "digest"]}),
        ("create_repository acme/app is_private=True description=a=b=", {"name": "acme/app", "is_private": True, "description": "a=b="}),
        ("create_repository acme/app is_private=false description=", {"name": "acme/app", "is_private": False, "description": ""}),
        ('create_org_access_token acme ci resources={"a":"b=c"}', {"name": "acme", "label": "ci", "resources": [{"a": "b=c"}]}),
        ("scim_list_users startIndex=2 sort_by=x", {"startIndex": 2, "sortBy": "x"}),
        ("search_repositories query=a=b", {"query": "a=b"}),
        ("search_repositories -- a=b", {"query": "a=b"}),
        ("get_tag redis:8=2", {"repository": "redis:8=2"}),
        ("get_current_user", {}),
        ("list_tags redis --page-size 5000", {"repository": "redis", "page_size": 5000}),
    ],
)  # fmt: skip
def test_words_become_the_arguments_that_an_agent_would_send(line: str, arguments: dict[str, Any]) -> None:
    assert parse(line).arguments == arguments


def test_a_list_of_objects_is_json_given_at_once_or_item_by_item() -> None:
    for words in ([json.dumps([RESOURCE, RESOURCE])], [json.dumps(RESOURCE), json.dumps(RESOURCE)]):
        request = parse(["create_org_access_token", "acme", "ci", *words])
        assert request.arguments == {"name": "acme", "label": "ci", "resources": [RESOURCE, RESOURCE]}


@pytest.mark.parametrize(
    ("schema", "texts", "value"),
    [
        ({"type": "string"}, ["a", "b"], "b"),
        ({}, ["1"], "1"),
        ({"type": "integer"}, ["7"], 7),
        ({"type": "number"}, ["7.5"], 7.5),
        ({"type": "boolean"}, ["true"], True),
        ({"type": "string", "enum": ["owner", "most_pulled"]}, ["Owner"], "owner"),
        ({"type": "string", "enum": ["owner", "most_pulled"]}, ["Most-Pulled"], "most_pulled"),
        ({"type": "object"}, ['{"a": 1}'], {"a": 1}),
        (STRINGS, ["a, b", "c"], ["a", "b", "c"]),
        (STRINGS, ["[1, 2]"], ["[1", "2]"]),
        (STRINGS, [","], [","]),
        (STRINGS, ['["a,b"]'], ["a,b"]),
        (STRINGS, ["[" * 100_000], ["[" * 100_000]),
        (OBJECTS, ['{"a": 1}', '[{"b": 2}]'], [{"a": 1}, {"b": 2}]),
    ],
)
def test_values_are_parsed_as_their_schema_says(schema: dict[str, Any], texts: list[str], value: Any) -> None:
    words = [f"--x={text}" for text in texts]
    parsed = parse_call(["tool", *words], lambda _: {"properties": {"x": schema}}, str).arguments["x"]
    assert (parsed, type(parsed)) == (value, type(value))


@pytest.mark.parametrize(
    ("schema", "placeholder"),
    [
        ({"type": "string", "enum": ["a", "b"]}, "--x {a,b}"),
        ({"type": "array", "items": {"type": "string", "enum": ["a", "b"]}}, "--x a|b,..."),
        (STRINGS, "--x A,B"),
        (OBJECTS, "--x JSON"),
        ({"type": "object"}, "--x JSON"),
        ({"type": "string", "format": "date-time"}, "--x TIME"),
        ({"type": "integer"}, "--x N"),
        ({"type": "boolean"}, "--x, --no-x"),
        ({"type": "string"}, "--x TEXT"),
    ],
)
def test_help_shows_a_placeholder_for_a_value(schema: dict[str, Any], placeholder: str) -> None:
    assert f"  {placeholder}\n" in build_parser({"properties": {"x": schema}}, usage="x").format_help()


def test_options_may_precede_and_follow_the_tool_and_arguments_take_precedence_after_it() -> None:
    before = parse("--access admin --sandbox -o json -y --username acme list_tags redis")
    after = parse("list_tags redis --sandbox --access=admin --output json --yes --username acme")
    assert before == after
    assert before.settings == {"access": "admin", "sandbox": True, "username": "acme"}
    assert (before.output, before.yes, before.help) == ("json", True, False)
    both = parse("--username acme --no-sandbox login --username ada")
    assert both.settings == {"username": "acme", "sandbox": False}
    assert both.arguments == {"username": "ada"}


def test_nothing_is_called_without_a_tool() -> None:
    for line in ("", "--help", "-h", "--sandbox"):
        assert parse(line).tool == ""


def test_help_may_follow_a_tool_without_its_required_arguments() -> None:
    request = parse("get_tag --help")
    assert (request.tool, request.help, request.arguments) == ("get_tag", True, {})


def test_an_unknown_tool_is_left_to_the_registry() -> None:
    assert parse("gettag --anything -x 1").tool == "gettag"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--page-size 5 list_tags", "there is no option --page-size; a tool's arguments follow its name: dockerhub-mcp call TOOL --page-size"),
        ("--acces write list_tags", "there is no option --acces; did you mean --access?"),
        ("list_tags redis --acess write", "there is no option --acess; did you mean --access?"),
        ("list_tags redis --pagesize 5", "there is no option --pagesize; did you mean --page-size?"),
        ("list_tags redis --no-name", "there is no option --no-name; did you mean --name?"),
        ("list_tags redis --zzz", "there is no option --zzz; see dockerhub-mcp call list_tags --help"),
        ("list_tags -x", "there is no option -x; see dockerhub-mcp call list_tags --help"),
        ("list_tags redis alpine", "'alpine' is one word too many: list_tags takes REPOSITORY"),
        ("get_current_user me", "'me' is one word too many: get_current_user takes no words"),
        ("get_tag redis --repository nginx", "repository is given twice: as --repository, and as the word 'redis'"),
        ("list_tags --name", "argument --name: expected one argument"),
        ("list_tags --name --page 1", "one that begins with a dash is written --option=-value"),
        ("list_tags --page many", "argument --page: must be a whole number, not 'many'"),
        ("list_tags --page 2.5", "argument --page: must be a whole number, not '2.5'"),
        ("list_tags --detail most", "argument --detail: invalid choice: 'most' (choose from "),
        ("list_tags --output yaml", "argument -o/--output: invalid choice: 'yaml' (choose from "),
        ("list_tags --yes=no", "argument -y/--yes: ignored explicit argument 'no'"),
        ("--no-yes list_tags", "there is no option --no-yes; did you mean --yes?"),
        ("--sandbox=maybe login", "--sandbox is true or false, not 'maybe'"),
        ("inspect_image imgae=redis:8", "there is no argument 'imgae'; did you mean image=? There are image, "),
        ("list_tags redis pagesize=5", "there is no argument 'pagesize'; did you mean page_size=? There are "),
        ("list_tags redis acces=write", "there is no argument 'acces'; did you mean --access? There are "),
        ("list_tags redis zzzzz=5", "there is no argument 'zzzzz'. There are repository, "),
        ("search_repositories a=b", "Behind --, a word that contains = is taken as it is"),
        ("list_tags repository=redis redis", "repository is given twice: as --repository, and as the word 'redis'"),
        ("list_tags redis page=many", "argument --page: must be a whole number, not 'many'"),
        ("list_tags redis page=1_0", "argument --page: must be a whole number, not '1_0'"),
        ("list_tags redis page=\u0663", "argument --page: must be a whole number, not '\u0663'"),
        (f"list_tags redis page={'9' * 5000}", "argument --page: must be a whole number, not '9999"),
        ("list_tags redis page=1 page=2", "page is given twice; leave one of them out"),
        ("list_tags redis page=1 --page 2", "page is given twice; leave one of them out"),
        ("create_repository acme/app is_private=true is_private=false", "is_private is given twice"),
        ("create_repository acme/app is_private=yes", "--is-private is true or false, not 'yes'"),
        ("login password=hunter2", "argument --password: a value would be visible in the process list"),
        ("login hunter2=", "there is no argument a word (not shown, as it may be a secret)"),
        ("list_tags --access", "argument --access: expected one argument"),
        ("login --password hunter2", "argument --password: a value would be visible in the process list"),
        ("login --password=hunter2", "leave it out to be asked, or send the arguments with --arguments @FILE or -"),
        ("create_org_access_token acme ci acme/*", "argument --resources: not valid JSON: "),
        ("list_tags --arguments {", "--arguments: the value is not valid JSON: "),
        ("list_tags --arguments -", "--arguments: standard input is not valid JSON: "),
        ("list_tags --arguments [1]", '--arguments: the value must be an object such as {"repository": "redis"}'),
        ("list_tags --arguments @/no/such/file", "--arguments @/no/such/file cannot be read: No such file"),
        ('login --arguments {"password":"hunter2"}', "--arguments: password would be visible in the process list"),
    ],
)  # fmt: skip
def test_a_usage_error_names_the_word_and_the_remedy(line: str, message: str) -> None:
    with pytest.raises(CallUsageError) as refused:
        parse(line)
    assert message in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_arguments_are_read_from_json_and_options_override_them(tmp_path: Path) -> None:
    sent = {"repository": "redis", "page": 3, "fields": ["name"]}
    (tmp_path / "sent.json").write_text(json.dumps(sent), "utf-8")
    for source in (json.dumps(sent), f"@{tmp_path}/sent.json", "-"):
        assert parse(["list_tags", "--arguments", source], json.dumps(sent)).arguments == sent
        request = parse(["--arguments", source, "list_tags", "--page", "4"], json.dumps(sent))
        assert request.arguments == {**sent, "page": 4}


def test_a_file_that_is_not_text_is_reported(tmp_path: Path) -> None:
    (tmp_path / "sent").write_bytes(b"\xff\xfe")
    with pytest.raises(CallUsageError, match="cannot be read: it is not UTF-8"):
        parse(["list_tags", "--arguments", f"@{tmp_path}/sent"])


def test_secrets_are_read_from_a_file_or_prompted_for(tmp_path: Path) -> None:
    (tmp_path / "sent").write_text('{"username": "ada", "password": "hunter2"}', "utf-8")
    assert parse(["login", "--arguments", f"@{tmp_path}/sent"]).arguments["password"] == "hunter2"
    for line in ("login --username ada --password", "login --password --username ada"):
        request = parse(line)
        assert (request.secrets, request.arguments) == (["password"], {"username": "ada"})


def test_every_argument_of_every_tool_has_an_option_in_each_spelling() -> None:
    for tool, schema in SCHEMAS.items():
        options = {format_option(name) for name in schema["properties"]}
        assert len(options) == len(schema["properties"]), tool
        assert not any(option.startswith("--no-") for option in options), tool
        parser = build_parser(schema, secrets=SECRETS[tool])
        for name, part in schema["properties"].items():
            value = {"integer": "=1", "boolean": "", "array": "=[]"}.get(part["type"], "=x")
            value = f"={part['enum'][0]}" if "enum" in part else "" if name in SECRETS[tool] else value
            for option in (format_option(name), f"--{name}"):
                parsed, unknown = parser.parse_known_args([option + value])
                assert (list(vars(parsed)), unknown) == ([f"argument {name}"], []), f"{tool} {option}"


def test_username_is_the_only_name_of_an_argument_and_an_option() -> None:
    options = build_parser()._option_string_actions
    names = {name for schema in SCHEMAS.values() for name in schema["properties"]}
    assert {name for name in names if format_option(name) in options} == {"username"}


def test_required_arguments_may_be_given_as_words() -> None:
    for tool, schema in SCHEMAS.items():
        names = list_positionals(schema)
        assert set(names) >= set(schema.get("required", [])) - {"namespace"}, tool
        assert all(schema["properties"][name]["type"] != "array" for name in names[:-1]), tool


def test_options_have_one_spelling() -> None:
    for name in ("page_size", "pageSize", "page-size", "PAGE_SIZE"):
        assert format_option(name) == "--page-size"

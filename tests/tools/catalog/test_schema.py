from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import AnyUrl, BaseModel, Field, SecretStr, create_model

from dockerhub_mcp.hub.api.method import Effect
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS, TOOLS_BY_NAME
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.catalog.schema import build_input_schema, list_secret_arguments
from dockerhub_mcp.tools.hub_mcp.tools import list_hub_mcp_tools
from dockerhub_mcp.tools.method_tool import MethodTool
from dockerhub_mcp.tools.tool import Tool

READING = {
    "create_auth_token",
    "login",
    "complete_2fa_login",
    "list_repositories",
    "get_repository",
    "check_repository",
    "list_tags",
    "get_tag",
    "check_tag",
    "list_access_tokens",
    "get_access_token",
    "list_org_access_tokens",
    "list_org_members",
    "list_org_groups",
    "get_org_settings",
    "list_audit_logs",
    "list_audit_log_actions",
}

METHOD_TOOLS = [tool for tool in ALL_TOOLS if isinstance(tool, MethodTool)]
every_tool = pytest.mark.parametrize("tool", METHOD_TOOLS, ids=lambda tool: tool.name)


@pytest.mark.parametrize("tool", [*ALL_TOOLS, *list_hub_mcp_tools()], ids=lambda tool: tool.name)
def test_the_names_of_arguments_are_those_of_the_schema(tool: Tool) -> None:
    assert tool.argument_names == tuple(tool.input_schema["properties"])


def words(value: Any) -> set[str]:
    """Return every key in a schema, at any depth."""
    if isinstance(value, dict):
        return set(value) | {word for part in value.values() for word in words(part)}
    return {word for part in value for word in words(part)} if isinstance(value, list) else set()


BESIDE = {
    "search_repositories",
    "list_hardened_images",
    "get_current_user",
    "list_organizations",
    "get_organization",
    "find_tags",
    "pin_images",
    "inspect_image",
    "compare_images",
    "explain_pull",
    "what_can_i_do",
    "plan_tag_cleanup",
}


def test_read_access_enables_the_reference_search_and_account_by_default() -> None:
    assert {tool.name for tool in Registry().tools} == READING | BESIDE


@every_tool
def test_input_schemas_are_flat(tool: MethodTool) -> None:
    schema = tool.input_schema
    Draft202012Validator.check_schema(schema)
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert not words(schema) & {"$ref", "$defs", "anyOf", "oneOf", "allOf"}
    for name, prop in schema["properties"].items():
        assert isinstance(prop["type"], str), name
        assert prop["description"], name
        assert prop.get("default", 0) is not None, name


REFUSED_BY_HOSTS = {
    "Gemini": {
        "$ref", "$defs", "oneOf", "allOf", "not", "const", "if", "then", "else", "patternProperties", "exclusiveMinimum",
        "exclusiveMaximum", "readOnly", "writeOnly", "examples", "title",
    },
    "Bedrock": {"$ref", "$defs", "anyOf", "oneOf", "allOf", "not", "if", "then", "else", "patternProperties"},
    "OpenAI function calling": {"anyOf", "oneOf", "allOf", "not", "if", "then", "else", "dependentRequired"},
    "Cursor": {"$ref", "$defs", "anyOf", "oneOf", "allOf", "not", "const", "patternProperties", "propertyNames"},
}  # fmt: skip
"""Keywords that hosts, or the services of their models, refuse in the schema of a tool or misread."""


def iter_schemas(schema: Any) -> Iterator[Any]:
    """Yield a schema and the schemas in it, without names of properties."""
    yield schema
    if isinstance(schema, dict):
        for part in schema.get("properties", {}).values():
            yield from iter_schemas(part)
        if "items" in schema:
            yield from iter_schemas(schema["items"])


def test_input_schemas_have_only_what_every_host_takes() -> None:
    for tool in ALL_TOOLS:
        for schema in iter_schemas(tool.listing["inputSchema"]):
            assert isinstance(schema, dict), tool.name
            assert isinstance(schema["type"], str), (tool.name, schema)
            for host, refused in REFUSED_BY_HOSTS.items():
                assert not refused & schema.keys(), (tool.name, host)
            assert schema.get("format", "date-time") == "date-time", tool.name
            assert schema.get("additionalProperties", False) is False, tool.name


class Awkward(BaseModel):
    kind: Literal["only"]
    count: int = Field(gt=0, lt=10)
    address: AnyUrl | None = None
    secret: SecretStr | None = Field(default=None, json_schema_extra={"readOnly": True})
    since: datetime | None = None
    format: str = "title"


def test_keywords_that_hosts_refuse_are_replaced_or_left_out() -> None:
    schema = build_input_schema(Awkward, {})
    assert schema["properties"] == {
        "kind": {"enum": ["only"], "type": "string"},
        "count": {"minimum": 1, "maximum": 9, "type": "integer"},
        "address": {"minLength": 1, "type": "string"},
        "secret": {"type": "string"},
        "since": {"format": "date-time", "type": "string"},
        "format": {"default": "title", "type": "string"},
    }
    assert list_secret_arguments(Awkward) == ("secret",)


@pytest.mark.parametrize(
    ("annotation", "keyword"),
    [
        (int | str, "anyOf"),
        (dict[str, int], "additionalProperties"),
        (Annotated[float, Field(gt=0)], "exclusiveMinimum"),
        (tuple[int, str], "prefixItems"),
    ],
)
def test_a_schema_that_hosts_refuse_is_not_built(annotation: Any, keyword: str) -> None:
    model = create_model("Refused", value=(annotation, ...))
    with pytest.raises(TypeError, match=keyword):
        build_input_schema(model, {})


def test_secrets_are_marked_outside_the_schema() -> None:
    secrets = {tool.name: tool.secret_arguments for tool in ALL_TOOLS if tool.secret_arguments}
    assert secrets == {"create_auth_token": ("secret",), "login": ("password",)}


def test_names_leave_room_for_the_prefix_of_a_plugin() -> None:
    assert [tool.name for tool in ALL_TOOLS if len(tool.name) > 31] == []


@every_tool
def test_output_schemas_have_an_object_at_their_root(tool: MethodTool) -> None:
    schema = tool.listing["outputSchema"]
    Draft202012Validator.check_schema(schema)
    assert schema["type"] == "object"
    assert schema["properties"]
    assert "$ref" not in words(schema)


@every_tool
def test_all_four_hints_follow_from_the_effect(tool: MethodTool) -> None:
    given = tool.annotations
    assert set(given) == {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}
    assert given["readOnlyHint"] is (tool.effect is Effect.READ)
    asks = {"verify_immutable_tags", "list_hardened_images"}  # questions that have a body
    assert given["readOnlyHint"] is (tool.method.http.verb in {"GET", "HEAD"} or tool.name in asks)
    assert given["destructiveHint"] is (tool.effect in {Effect.UPDATE, Effect.REPLACE, Effect.DELETE})
    assert not (given["readOnlyHint"] and given["destructiveHint"])


@every_tool
def test_descriptions_are_plain(tool: MethodTool) -> None:
    text = tool.listing["description"]
    assert 20 < len(text) < 400
    assert "\n\n" not in text
    assert not any(word.isupper() and len(word) > 4 for word in text.replace("UUID", "").split()), text
    assert "must always" not in text.lower()


@every_tool
def test_meta_tells_method_path_access_and_permission(tool: MethodTool) -> None:
    meta = tool.listing["_meta"]
    assert meta["dockerhub-mcp/method"] == tool.method.http.verb
    assert meta["dockerhub-mcp/path"].startswith(("/v2/", "/api/search/", "/v1/graphql"))
    assert meta["dockerhub-mcp/access"] in {"read", "write", "admin"}
    assert meta["dockerhub-mcp/permission"]
    assert meta["dockerhub-mcp/decided-by"]
    assert meta["dockerhub-mcp/reference"] == str(tool.method.get_reference_state())
    for key in ("introduced", "deprecated"):
        assert meta.get(f"dockerhub-mcp/{key}", "") == getattr(tool.method, key)


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("login", "the credentials"),
        ("search_repositories", "nothing"),
        ("get_organization", "nothing"),
        ("get_current_user", "the account itself"),
        ("list_access_tokens", "the account itself"),
        ("get_tag", "read permission on the repository, unless it is public"),
        ("create_repository", "the right to create in the namespace"),
        ("update_repository", "write permission on the repository"),
        ("delete_tag", "admin permission on the repository"),
        ("list_org_members", "the role in the organization"),
        ("list_hardened_images", "membership of an organization"),
        ("scim_get_user", "the SCIM token"),
    ],
)
def test_meta_tells_what_the_hub_decides_by(name: str, right: str) -> None:
    assert TOOLS_BY_NAME[name].listing["_meta"]["dockerhub-mcp/decided-by"] == right


def test_undocumented_parameters_are_marked() -> None:
    by_name = {tool.name: tool.listing for tool in ALL_TOOLS}
    marked = by_name["list_tags"]["_meta"]["dockerhub-mcp/undocumented-parameters"]
    assert marked == ["name", "architecture", "os", "ordering"]
    for name in marked:
        assert "undocumented" in by_name["list_tags"]["inputSchema"]["properties"][name]["description"]
    assert "dockerhub-mcp/undocumented-parameters" not in by_name["get_tag"]["_meta"]


def test_documented_limits_are_in_the_schema() -> None:
    size = TOOLS_BY_NAME["list_repositories"].input_schema["properties"]["page_size"]
    assert (size["minimum"], size["maximum"], size["type"]) == (1, 100, "integer")


def test_fields_filled_in_by_the_client_are_not_in_the_schema() -> None:
    schema = TOOLS_BY_NAME["complete_2fa_login"].input_schema
    assert list(schema["properties"]) == ["code"]


def test_lists_take_max_items_and_the_documented_page_and_page_size() -> None:
    for tool in ALL_TOOLS:
        unpaged = {
            "list_audit_log_actions",
            "list_org_invites",
            "list_repository_groups",
            "list_hardened_images",
        }
        if tool.name.startswith("list_") and tool.name not in unpaged:
            assert {"page", "page_size", "max_items"} <= set(tool.input_schema["properties"]), tool.name

"""The arguments of methods compared with the official OpenAPI document, and the known deviations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo

from dockerhub_mcp.hub import Method
from dockerhub_mcp.hub.api.marks import LOCAL, UNDOCUMENTED, has_mark
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.tools.catalog.all_tools import TOOLS_BY_NAME
from dockerhub_mcp.tools.results.projection import PROJECTION_ARGUMENTS as SELECTION
from tests.support.openapi import load_document, resolve_reference

VERBS = ("get", "head", "post", "put", "patch", "delete")
LIMITS = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems"),
)
COMPARED = ("type", "format", "enum", "const", "default", *LIMITS)

METHODS = {method.tool_name: method for method in ALL_METHODS if method.is_documented}

# Arguments that are nested in the body, but flat for callers.
FLATTENED = {
    "update_org_settings": {
        name: f"restricted_images.{name}"
        for name in ("enabled", "allow_official_images", "allow_verified_publishers")
    },
    "scim_create_user": {"given_name": "name.givenName", "family_name": "name.familyName"},
    "scim_update_user": {"given_name": "name.givenName", "family_name": "name.familyName"},
}

Facts = dict[str, Any]


class Place(NamedTuple):
    """The place of a value in a request: `path`, `query`, `header` or `body`, and its name there.

    Within a body, `name.familyName` is a field of an object and `scopes[]` an item of a list.
    """

    part: str
    name: str


def operation_of(method: type[Method[Any]]) -> dict[str, Any]:
    found: dict[str, Any] = load_document()["paths"][method.http.path_template][method.http.verb.lower()]
    return found


def content_of(method: type[Method[Any]]) -> dict[str, Any]:
    """Return the documented media types of the body with their schemas; empty if there is no body."""
    content: dict[str, Any] = resolve_reference(operation_of(method).get("requestBody", {})).get(
        "content", {}
    )
    return content


def object_parts(schema: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Return an object's properties and the names of the required ones, those of `allOf` included."""
    schema = resolve_reference(schema)
    properties, needed = dict(schema.get("properties", {})), set(schema.get("required", []))
    for part in schema.get("allOf", []):
        inner = object_parts(part)
        properties |= inner[0]
        needed |= inner[1]
    return properties, needed


def schema_keywords(name: str, schema: dict[str, Any], *, needed: bool) -> Iterator[tuple[str, Facts]]:
    """Yield the compared keywords of a schema and of everything nested in it, by name."""
    schema = resolve_reference(schema)
    found = {key: schema[key] for key in COMPARED if key in schema} | {"required": needed}
    properties, required = object_parts(schema)
    yield name, ({"type": "object"} if properties else {}) | found
    for inner, its_schema in properties.items():
        yield from schema_keywords(f"{name}.{inner}", its_schema, needed=inner in required)
    if "items" in schema:
        yield from schema_keywords(f"{name}[]", schema["items"], needed=False)


def documented_arguments(method: type[Method[Any]]) -> dict[Place, Facts]:
    """Return the keywords of all documented arguments of a method."""
    item, operation = load_document()["paths"][method.http.path_template], operation_of(method)
    found: dict[Place, Facts] = {}
    for parameter in map(resolve_reference, item.get("parameters", []) + operation.get("parameters", [])):
        required = parameter.get("required", False)
        for name, says in schema_keywords(parameter["name"], parameter["schema"], needed=required):
            found[Place(parameter["in"], name)] = says
    for content in content_of(method).values():
        properties, needed = object_parts(content["schema"])
        for top, schema in properties.items():
            for name, says in schema_keywords(top, schema, needed=top in needed):
                found[Place("body", name)] = says
    return found


def documented_names(method: type[Method[Any]]) -> set[str]:
    """Return the names of the documented query parameters and body fields of a method."""
    return {place.name for place in documented_arguments(method) if place.part in {"query", "body"}}


def tool_arguments(method: type[Method[Any]]) -> dict[str, Facts]:
    """Return the keywords of the tool's arguments that should be documented, by the Hub's names."""
    fields, deeper = fields_of(method.tool_name), FLATTENED.get(method.tool_name, {})
    schema = TOOLS_BY_NAME[method.tool_name].input_schema
    found: dict[str, Facts] = {}
    for name, its_schema in schema["properties"].items():
        if name in SELECTION:
            continue  # the projection of the result is not sent to the Hub
        if not has_mark(fields[name], LOCAL) and not has_mark(fields[name], UNDOCUMENTED):
            needed = name in schema.get("required", [])
            found |= dict(schema_keywords(deeper.get(name, name), its_schema, needed=needed))
    return found


def fields_of(tool: str) -> dict[str, FieldInfo]:
    """Return the fields of a method by the names that callers use."""
    return {field.alias or name: field for name, field in METHODS[tool].model_fields.items()}


def names_in(value: Any, where: str = "") -> set[str]:
    """Return the names in a body, written like those of a `Place`."""
    if isinstance(value, list):
        return {name for inner in value for name in names_in(inner, f"{where}[]")}
    if not isinstance(value, dict):
        return set()
    named = {f"{where}.{name}" if where else name: inner for name, inner in value.items()}
    return set(named).union(*(names_in(inner, name) for name, inner in named.items()))


class Deviation(NamedTuple):
    """Arguments that differ from the document, with the reason.

    `where` lists `tool.argument`, or `*.argument` for all tools that have it. `what` maps each keyword to the
    document's and the tool's value, None if absent. The keyword `argument` is about the argument itself.
    """

    why: str
    where: str
    what: dict[str, tuple[Any, Any]]


DEVIATIONS = (
    # Limits that the document leaves out.
    Deviation(
        "a name is not empty, and none on the Hub is longer",
        "*.namespace *.repository *.org_name *.group_name *.account *.uuid *.access_token_id *.id *.label "
        "*.userName create_auth_token.identifier login.username update_org_member.username "
        "remove_org_member.username remove_org_group_member.username update_org_member.role "
        "create_org_group.name replace_org_group.name update_org_group.name get_org_settings.name "
        "update_org_settings.name add_org_group_member.member create_org_invites.org scim_get_resource_type.name",
        {"minLength": (None, 1), "maxLength": (None, 255)},
    ),
    Deviation(
        "a tag has 128 characters at most", "*.tag", {"minLength": (None, 1), "maxLength": (None, 128)}
    ),
    Deviation(
        "no secret is empty or this long, and it is shown to nobody",
        "create_auth_token.secret login.password",
        {"minLength": (None, 1), "maxLength": (None, 4096)},
    ),
    Deviation(
        "no code is empty or this long",
        "complete_2fa_login.code",
        {"minLength": (None, 6), "maxLength": (None, 64)},
    ),
    Deviation(
        "an empty text matches nothing, and gives access to nothing",
        "verify_immutable_tags.regex *.resources[].path",
        {"minLength": (None, 1)},
    ),
    Deviation(
        "a list of nothing invites nobody and gives no rights",
        "create_access_token.scopes *.resources[].scopes update_org_access_token.resources create_org_invites.invitees",
        {"minItems": (None, 1)},
    ),
    Deviation(
        "Docker's manual says 200",
        "create_org_access_token.description update_org_access_token.description",
        {"maxLength": (None, 200)},
    ),
    Deviation(
        "ids count from 1, and are not bounded by us",
        "assign_repository_group.group_id",
        {"minimum": (None, 1)},
    ),
    Deviation(
        "the document names them in words",
        "create_access_token.scopes[]",
        {"enum": (None, ["repo:admin", "repo:write", "repo:read", "repo:public_read"])},
    ),
    # Pages.
    Deviation(
        "pages count from 1; the document says so for one list",
        "list_tags.page list_access_tokens.page list_org_access_tokens.page list_org_members.page "
        "list_org_groups.page list_org_group_members.page list_audit_logs.page",
        {"minimum": (None, 1)},
    ),
    Deviation(
        "the Hub gives 100 on a page at most; the document says so for one list",
        "list_tags.page_size list_access_tokens.page_size list_org_access_tokens.page_size "
        "list_org_members.page_size list_org_groups.page_size list_org_group_members.page_size "
        "list_audit_logs.page_size",
        {"minimum": (None, 1), "maximum": (None, 100)},
    ),
    Deviation(
        "the first page is the first page everywhere",
        "list_tags.page list_org_members.page list_org_groups.page list_org_group_members.page",
        {"default": (None, 1)},
    ),
    Deviation(
        "pages are equally long everywhere",
        "list_tags.page_size list_org_members.page_size list_org_groups.page_size list_org_group_members.page_size",
        {"default": (None, 25)},
    ),
    Deviation(
        "pages are equally long everywhere",
        "list_repositories.page_size list_access_tokens.page_size list_org_access_tokens.page_size",
        {"default": (10, 25)},
    ),
    # Types.
    Deviation(
        "pages are whole numbers; the document says so for the other lists",
        "list_access_tokens.page list_access_tokens.page_size list_org_access_tokens.page "
        "list_org_access_tokens.page_size",
        {"type": ("number", "integer")},
    ),
    Deviation(
        "members are searched by name, which is no number",
        "list_org_members.search",
        {"type": ("integer", "string")},
    ),
    Deviation(
        "how wide a number is on the Hub is nothing to a caller",
        "list_audit_logs.page list_audit_logs.page_size",
        {"format": ("int32", None)},
    ),
    Deviation(
        "how wide a number is on the Hub is nothing to a caller",
        "assign_repository_group.group_id",
        {"format": ("int64", None)},
    ),
    Deviation(
        "what is not given is left out, and not sent as null",
        "create_org_access_token.expires_at",
        {"type": (["string", "null"], "string")},
    ),
    Deviation(
        "callers say what they mean; the Hub's signs do not say it",
        "list_repositories.ordering",
        {
            "enum": (
                ["name", "-name", "last_updated", "-last_updated", "pull_count", "-pull_count"],
                ["newest", "oldest", "name", "name_descending", "most_pulled", "least_pulled", "largest"],
            )
        },
    ),
    # Arguments that callers need not give.
    Deviation(
        "official images are in this namespace",
        "list_repositories.namespace get_repository.namespace check_repository.namespace "
        "verify_immutable_tags.namespace list_tags.namespace check_tags.namespace get_tag.namespace "
        "check_tag.namespace",
        {"required": (True, False), "default": (None, "library")},
    ),
    Deviation(
        "the configured credentials are used without it",
        "create_auth_token.identifier create_auth_token.secret login.username login.password",
        {"required": (True, False)},
    ),
    Deviation(
        "the Hub replaces everything; what is not named is taken from what is there",
        "replace_org_group.name update_immutable_tags.immutable_tags update_immutable_tags.immutable_tags_rules "
        "update_org_settings.restricted_images.enabled "
        "update_org_settings.restricted_images.allow_official_images "
        "update_org_settings.restricted_images.allow_verified_publishers scim_update_user.userName",
        {"required": (True, False)},
    ),
    Deviation(
        "the Hub would deactivate a user; what is not named is taken from what is there",
        "scim_update_user.active",
        {"default": (False, None)},
    ),
    Deviation(
        "the group may be named instead", "assign_repository_group.group_id", {"required": (True, False)}
    ),
    Deviation(
        "several members may be given instead", "add_org_group_member.member", {"required": (True, False)}
    ),
    Deviation(
        "invitations are meant unless it is said", "create_org_invites.dry_run", {"default": (None, False)}
    ),
    # Arguments that exist on one side only.
    Deviation(
        "it stands in the path, and the document declares it nowhere",
        "list_org_access_tokens.name create_org_access_token.name",
        {"argument": (None, "offered")},
    ),
    Deviation(
        "the client keeps the ticket of the first step",
        "complete_2fa_login.login_2fa_token",
        {"argument": ("required", None)},
    ),
    Deviation(
        "its fields are arguments", "update_org_settings.restricted_images", {"argument": ("required", None)}
    ),
    Deviation(
        "its fields are arguments",
        "scim_create_user.name scim_update_user.name",
        {"argument": ("optional", None)},
    ),
    Deviation(
        "the standard leaves no choice",
        "scim_create_user.schemas scim_update_user.schemas",
        {"argument": ("required", None)},
    ),
    Deviation(
        "the standard leaves no choice",
        "scim_create_user.schemas[] scim_update_user.schemas[]",
        {"argument": ("optional", None)},
    ),
    Deviation("it is Docker Hub", "create_repository.registry", {"argument": ("optional", None)}),
    Deviation(
        "a header that tells Docker which button was pressed",
        "create_org_invites.X-Analytics-Client-Feature",
        {"argument": ("optional", None)},
    ),
)

Difference = tuple[str, str, str, str]


def listed_deviations() -> Iterator[tuple[str, Difference]]:
    """Yield the deviations, one for each tool, argument and keyword."""
    for deviation in DEVIATIONS:
        for place in deviation.where.split():
            tool, _, argument = place.partition(".")
            for each in (
                [name for name in METHODS if argument in tool_arguments(METHODS[name])]
                if tool == "*"
                else [tool]
            ):
                for fact, (official, ours) in deviation.what.items():
                    yield each, (argument, fact, repr(official), repr(ours))


def find_deviations(tool: str) -> set[Difference]:
    """Return the differences between a tool and its operation."""
    found: set[Difference] = set()
    wanted, there = documented_arguments(METHODS[tool]), tool_arguments(METHODS[tool])
    for place, says in wanted.items():
        if place.name not in there:
            found.add((place.name, "argument", repr("required" if says["required"] else "optional"), "None"))
            continue
        ours = there[place.name]
        found |= {
            (place.name, fact, repr(says.get(fact)), repr(ours.get(fact)))
            for fact in says | ours
            if says.get(fact) != ours.get(fact)
        }
    known = {place.name for place in wanted}
    return found | {(name, "argument", "None", repr("offered")) for name in there.keys() - known}

"""Describe what is missing where the Hub answers 404, from its message and from the names in the call."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.redaction import to_single_line

_MAX_NAME_LENGTH = 300
_MAX_REPEATED_LENGTH = 80
"""Characters of a message that says no more than which object is missing."""
_PLAIN_NAME = re.compile(r"[\w.@:/-]+", re.ASCII)
_KINDS_BY_SEGMENT = {
    "orgs": "organization",
    "auditlogs": "account",
    "groups": "group",
    "members": "member",
    "access-tokens": "access token",
    "invites": "invitation",
    "tags": "tag",
    "Users": "SCIM user",
    "Schemas": "SCIM schema",
    "ResourceTypes": "SCIM resource type",
}
"""The kind of object that follows a segment of a path."""
_KINDS_BY_FIELD = {"namespace": "namespace", "repository": "repository"}
"""The kind of object that a field in the path names, where the segment before it does not tell."""
_KINDS_BESIDE_PATH = {
    "org": "organization",
    "organization": "organization",
    "team": "team",
    "group_id": "team",
    "member": "user",
}
"""The kind of object that a field in the body names."""
_WORDS = {
    "organization": r"organi[sz]ation|org",
    "account": r"account|user|organi[sz]ation|org",
    "namespace": r"namespace|user|organi[sz]ation|org",
    "repository": r"repository|repo",
    "tag": r"tag",
    "group": r"group|team",
    "team": r"group|team",
    "member": r"member|user|account|username",
    "user": r"member|user|account|username",
    "access token": r"(?:personal )?(?:access )?token",
    "invitation": r"invite|invitation",
    "SCIM user": r"user|resource",
    "SCIM schema": r"schema|resource",
    "SCIM resource type": r"resource ?type|resource",
}
"""The words of the Hub for each kind of object."""
_REMEDIES = {
    "group": "See list_org_groups.",
    "team": "See list_org_groups.",
    "member": "See list_org_members; invited people are not members yet.",
    "user": "See list_org_members; invited people are not members yet.",
    "invitation": "See list_org_invites; it may have been accepted, cancelled or expired.",
    "SCIM user": "See scim_list_users.",
    "SCIM schema": "See scim_list_schemas.",
    "SCIM resource type": "See scim_list_resource_types.",
    "tag": "List the tags with a name filter to see which exist.",
}
_GENERIC_MESSAGE = re.compile(
    r"(?:404:? )?(?:(?:object|resource|the requested resource(?: was)?) )?not found\.?"
    r"|no such object\.?|",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class MissingObject:
    """What is missing.

    Attributes:
        what: The object, one sentence.
        why: The likely reason, or an empty string.
        remedy: What to do next.
        is_certain: Whether the Hub said which object is missing.
        may_be_private: Whether an account may see it.
    """

    what: str
    why: str
    remedy: str
    is_certain: bool = False
    may_be_private: bool = False


def says_no_more_than(missing: MissingObject, hub_message: str) -> bool:
    """Tell whether the Hub's message adds nothing to the description."""
    if _GENERIC_MESSAGE.fullmatch(hub_message):
        return True
    return missing.is_certain and len(hub_message) <= _MAX_REPEATED_LENGTH


def format_name(value: str) -> str:
    """Return a name for a sentence: bare if it is a plain one, in quotes otherwise."""
    return _bare(_quote(value))


def find_missing_object(
    method: Method[Any], principal: Principal, hub_message: str, error_names: dict[str, str]
) -> MissingObject:
    """Return what is missing: the object that the Hub names, otherwise the target of the call.

    Args:
        method: The call that was sent.
        principal: The account that it was sent as.
        hub_message: The Hub's message.
        error_names: The names in the `errinfo` of the response.
    """
    objects = _collect_objects(method)
    kinds = list(objects)
    named = _find_named_kind(kinds, hub_message)
    if named is None and _GENERIC_MESSAGE.fullmatch(hub_message):
        named = _find_kind_in_errinfo(kinds, error_names)
    if not kinds:
        return MissingObject(
            "The Hub has nothing at this path.", _not_visible("It", principal), "Check the spelling."
        )
    kind = named or kinds[-1]
    what = _describe_absence(kind, objects, principal, is_certain=named is not None)
    why = _describe_reason(kind, kinds, principal, is_certain=named is not None)
    may_be_private = kind in {"namespace", "repository", "tag"}
    return MissingObject(what, why, _find_remedy(kind, objects), named is not None, may_be_private)


def _collect_objects(method: Method[Any]) -> dict[str, str]:
    """Return the names of the objects that a call is about by their kinds, from the outermost inwards."""
    objects: dict[str, str] = {}
    segment = ""
    for part in method.http.path_template.split("/"):
        if part.startswith("{"):
            field = part.strip("{}")
            kind = _KINDS_BY_FIELD.get(field) or _KINDS_BY_SEGMENT.get(segment, field.replace("_", " "))
            objects[kind] = _quote(getattr(method, field))
        segment = part or segment
    for field, kind in _KINDS_BESIDE_PATH.items():
        if field not in method.http.parameters and (value := getattr(method, field, None)) is not None:
            objects[kind] = _quote(value)
    return objects


def _quote(value: Any) -> str:
    return to_single_line(repr(value), _MAX_NAME_LENGTH)


def _bare(quoted: str) -> str:
    """Return a name without quotes, unless it is one that a text from elsewhere may have smuggled in."""
    return quoted[1:-1] if _PLAIN_NAME.fullmatch(quoted[1:-1]) else quoted


def _join_names(namespace: str, repository: str) -> str:
    """Return a repository with its namespace, both in one pair of quotes if any."""
    return _bare(f"'{namespace[1:-1]}/{repository[1:-1]}'")


def _find_named_kind(kinds: list[str], hub_message: str) -> str | None:
    """Return the kind of object that the Hub's message calls missing, the innermost first."""
    for kind in reversed(kinds):
        words = rf"(?:{_WORDS.get(kind, re.escape(kind))})"
        says_so = (
            rf"\b(?:no such|unknown|(?:can ?not|could not|couldn't) find(?: the)?|no) {words}\b"
            rf"|\b{words}\b(?: (?:with )?(?:id |name )?[\"'`]?[\w.@:/-]+[\"'`]?)?,? "
            r"(?:was |is |could |does |do )?(?:not |n't )(?:be )?(?:found|exist)"
            rf"|\b{words} (?:doesn't|does not) exist"
        )
        if re.search(says_so, hub_message, re.IGNORECASE):
            return kind
    return None


def _find_kind_in_errinfo(kinds: list[str], error_names: dict[str, str]) -> str | None:
    """Return the kind of object at which the names in `errinfo` end, before the target of the call."""
    if set(error_names) == {"namespace"} and "namespace" in kinds:
        return "namespace"
    if set(error_names) == {"namespace", "repository"} and not {"tag", "team"}.isdisjoint(kinds):
        return "repository"
    return None


def _describe_absence(kind: str, objects: dict[str, str], principal: Principal, *, is_certain: bool) -> str:
    name = objects[kind]
    organization = _bare(objects.get("organization", "''"))
    repository = _join_names(objects.get("namespace", ""), objects.get("repository", ""))
    match kind:
        case "tag" if is_certain:
            return f"{repository} has no tag {name}."
        case "tag":
            return f"No tag {name} in {repository} is visible to {principal}."
        case "repository":
            return f"No repository {repository} is visible to {principal}."
        case "group" if "repository" in objects:
            return f"No group {name} is assigned to {repository}."
        case "member" if "group" in objects:
            return f"The group {objects['group']} of {organization} has no member {name}."
        case "member" | "user" if "organization" in objects:
            return f"{organization} has no member {name}."
        case "group" | "team":
            return (
                f"{_bare(objects.get('organization') or objects.get('namespace', ''))} has no group {name}."
            )
        case "access token" if "organization" in objects:
            return f"{organization} has no access token {name}."
        case "access token":
            return f"{principal.username or 'The account'} has no personal access token {name}."
    return f"The Hub knows no {kind} {name}."


def _describe_reason(kind: str, kinds: list[str], principal: Principal, *, is_certain: bool) -> str:
    if kind == "repository" and (is_certain or kinds[-1] == "repository"):
        return "The Hub does not tell missing and private repositories apart."
    if kind == "tag" and not is_certain:
        return "The tag or the repository may be missing, or the repository is private."
    if is_certain:
        return _not_visible("It", principal) if kind in {"organization", "account", "namespace"} else ""
    candidates = [each for each in reversed(kinds) if each != "namespace" or len(kinds) == 1]
    if len(candidates) == 1:
        return _not_visible("It", principal)
    named = f"{', the '.join(candidates[:-1])} or the {candidates[-1]}"
    return _not_visible(f"The {named}", principal)


def _not_visible(subject: str, principal: Principal) -> str:
    return f"{subject} may be missing, or not visible to {principal}."


def _find_remedy(kind: str, objects: dict[str, str]) -> str:
    if kind == "repository":
        remedy = "Check the spelling by listing the repositories of the namespace."
        if objects["namespace"] == "'library'":
            remedy += " Only official images are in library; others need their namespace."
        return remedy
    if kind == "group" and "repository" in objects:
        return "See list_repository_groups."
    if kind == "member" and "group" in objects:
        return "See list_org_group_members."
    if kind == "access token":
        return "See list_org_access_tokens." if "organization" in objects else "See list_access_tokens."
    return _REMEDIES.get(kind, "Check the spelling.")

"""What organization access tokens may be allowed: the scopes, and where they hold."""

import re
from typing import Any, Literal

from dockerhub_mcp.sandbox.fields import REQUIRED, Fields
from dockerhub_mcp.sandbox.state import Resource

FIELD = "resources"
MOST_REPOSITORIES = 50
PUBLIC = "*/*/public"
REPOSITORY_NAME = re.compile(r"[a-z0-9._-]+|\*")

REPOSITORY_SCOPES = frozenset(
    f"scope-{subject}-{verb}"
    for subject, verbs in (
        ("image", ("pull", "push", "delete")),
        ("repository", ("read", "edit", "admin")),
        ("tag", ("read", "admin")),
        ("webhook", ("read", "edit", "admin")),
        ("repo-group", ("read", "edit", "admin")),
        ("repository-settings", ("admin",)),
    )
    for verb in verbs
)
ORGANIZATION_SCOPES = frozenset(
    f"scope-{subject}-{verb}"
    for subject, verbs in (
        ("member", ("read", "edit")),
        ("invite", ("read", "edit")),
        ("group", ("read", "edit")),
        ("activity", ("read",)),
        ("siem_credentials", ("read",)),
        ("ram", ("read", "write")),
        ("report", ("read",)),
        ("repository", ("create", "list")),
        ("registry-usage", ("read",)),
        ("cloud", ("connect",)),
        ("audit_events", ("read",)),
        ("governance-policy", ("read", "write")),
    )
    for verb in verbs
)
SCOPES = {"TYPE_REPO": REPOSITORY_SCOPES, "TYPE_ORG": ORGANIZATION_SCOPES}


def resources(fields: Fields, organization: str, *, required: bool = False) -> list[Resource] | None:
    """The resources a body names, or nothing when it names none."""
    value = fields.body.get(FIELD)
    if value is None:
        if required:
            fields.wrong(FIELD, REQUIRED)
        return None
    if not isinstance(value, list) or not value:
        fields.wrong(FIELD, "at least one resource is needed")
        return None
    found = [_resource(fields, organization, entry) for entry in value]
    granted = [resource for resource in found if resource is not None]
    if sum(resource.type == "TYPE_REPO" for resource in granted) > MOST_REPOSITORIES:
        fields.wrong(FIELD, f"a token covers at most {MOST_REPOSITORIES} repositories")
    return granted


def _resource(fields: Fields, organization: str, entry: Any) -> Resource | None:
    if not isinstance(entry, dict):
        fields.wrong(FIELD, "not an object")
        return None
    kind: Literal["TYPE_REPO", "TYPE_ORG"]
    if entry.get("type") == "TYPE_REPO":
        kind = "TYPE_REPO"
    elif entry.get("type") == "TYPE_ORG":
        kind = "TYPE_ORG"
    else:
        fields.wrong(FIELD, "type must be one of TYPE_REPO, TYPE_ORG")
        return None
    path, scopes = entry.get("path"), entry.get("scopes")
    if not isinstance(path, str) or not _is_path(kind, path, organization):
        fields.wrong(FIELD, f"path does not fit {kind} in {organization}")
        return None
    if not isinstance(scopes, list) or not scopes:
        fields.wrong(FIELD, "at least one scope is needed")
        return None
    unknown = [scope for scope in scopes if not isinstance(scope, str) or scope not in SCOPES[kind]]
    if unknown:
        fields.wrong(FIELD, f"unknown scope {unknown[0]!a} for {kind}")
        return None
    return Resource(kind, path, tuple(dict.fromkeys(scopes)))


def _is_path(kind: str, path: str, organization: str) -> bool:
    if kind == "TYPE_ORG":
        return path == organization
    namespace, _, name = path.partition("/")
    return path == PUBLIC or (namespace == organization and bool(REPOSITORY_NAME.fullmatch(name)))

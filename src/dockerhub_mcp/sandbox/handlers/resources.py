"""What organization access tokens may be allowed: the scopes, and where they hold."""

import re
from typing import Any, Literal

from dockerhub_mcp.sandbox.fields import REQUIRED_MESSAGE, FieldReader
from dockerhub_mcp.sandbox.state import TokenResourceRecord

RESOURCES_FIELD = "resources"
MAX_REPOSITORIES_PER_TOKEN = 50
PUBLIC_REPOSITORIES_PATH = "*/*/public"
REPOSITORY_NAME_PATTERN = re.compile(r"[a-z0-9._-]+|\*")

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
SCOPES_BY_RESOURCE_TYPE = {"TYPE_REPO": REPOSITORY_SCOPES, "TYPE_ORG": ORGANIZATION_SCOPES}


def read_resources(
    fields: FieldReader, organization: str, *, required: bool = False
) -> list[TokenResourceRecord] | None:
    """The resources a body names, or nothing when it names none."""
    value = fields.body.get(RESOURCES_FIELD)
    if value is None:
        if required:
            fields.add_error(RESOURCES_FIELD, REQUIRED_MESSAGE)
        return None
    if not isinstance(value, list) or not value:
        fields.add_error(RESOURCES_FIELD, "at least one resource is needed")
        return None
    found = [_read_resource(fields, organization, entry) for entry in value]
    granted = [resource for resource in found if resource is not None]
    if sum(resource.type == "TYPE_REPO" for resource in granted) > MAX_REPOSITORIES_PER_TOKEN:
        fields.add_error(RESOURCES_FIELD, f"a token covers at most {MAX_REPOSITORIES_PER_TOKEN} repositories")
    return granted


def _read_resource(fields: FieldReader, organization: str, entry: Any) -> TokenResourceRecord | None:
    if not isinstance(entry, dict):
        fields.add_error(RESOURCES_FIELD, "not an object")
        return None
    kind: Literal["TYPE_REPO", "TYPE_ORG"]
    if entry.get("type") == "TYPE_REPO":
        kind = "TYPE_REPO"
    elif entry.get("type") == "TYPE_ORG":
        kind = "TYPE_ORG"
    else:
        fields.add_error(RESOURCES_FIELD, "type must be one of TYPE_REPO, TYPE_ORG")
        return None
    path, scopes = entry.get("path"), entry.get("scopes")
    if not isinstance(path, str) or not _is_valid_path(kind, path, organization):
        fields.add_error(RESOURCES_FIELD, f"path does not fit {kind} in {organization}")
        return None
    if not isinstance(scopes, list) or not scopes:
        fields.add_error(RESOURCES_FIELD, "at least one scope is needed")
        return None
    unknown = [
        scope for scope in scopes if not isinstance(scope, str) or scope not in SCOPES_BY_RESOURCE_TYPE[kind]
    ]
    if unknown:
        fields.add_error(RESOURCES_FIELD, f"unknown scope {unknown[0]!a} for {kind}")
        return None
    return TokenResourceRecord(kind, path, tuple(dict.fromkeys(scopes)))


def _is_valid_path(resource_type: str, path: str, organization: str) -> bool:
    if resource_type == "TYPE_ORG":
        return path == organization
    namespace, _, name = path.partition("/")
    return path == PUBLIC_REPOSITORIES_PATH or (
        namespace == organization and bool(REPOSITORY_NAME_PATTERN.fullmatch(name))
    )

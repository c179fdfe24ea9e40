"""Which tools an account can use, from what Hub methods declare and what the Hub reported at sign-in.

Needs no tool to be loaded.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from dockerhub_mcp.hub.api.enums import Area, CredentialKind, Effect, Scope, Service
from dockerhub_mcp.tools.access import MethodInfo, ToolInfo
from dockerhub_mcp.tools.tool_states import CredentialGrants, MissingPermission, ToolState

if TYPE_CHECKING:
    from dockerhub_mcp.hub.api.method import Method
    from dockerhub_mcp.tools.tool import Tool

# Each scope includes those before it.
_REPOSITORY_SCOPES = [Scope.REPO_PUBLIC_READ, Scope.REPO_READ, Scope.REPO_WRITE, Scope.REPO_ADMIN]
_DECIDED_BY_ACCOUNT = {Area.ACCOUNT, Area.ACCESS_TOKENS}

_MissingDetail = tuple[MissingPermission, str]
"""What is missing, and what the tool needs, as a phrase."""


def missing_permission(tool: ToolInfo, grants: CredentialGrants) -> _MissingDetail | None:
    """Return what keeps an account from using a tool; None where nothing is known to.

    Roles in an organization and rights on single repositories are not known here.
    """
    details = (_check_method(method, grants) for method in tool.required_methods)
    return next(filter(None, details), None)


def build_tool_state(
    tool: ToolInfo,
    grants: CredentialGrants | None,
    *,
    off_by: str = "",
    off: str = "",
    enable_with: Sequence[str] = (),
) -> ToolState:
    """Return the state of a tool; see `ToolState`."""
    missing = missing_permission(tool, grants) if grants else None
    return ToolState(
        name=tool.name,
        area=tool.area,
        access=str(tool.access),
        on=not off_by,
        off_by=off_by,
        off=off,
        enable_with=tuple(enable_with),
        usable=None if grants is None else missing is None,
        lacks=str(missing[0]) if missing else "",
        needs=missing[1] if missing else "",
    )


def describe_deciding_right(method: type[Method[Any]]) -> str:
    """Return what the Hub decides a call by, beside the documented scope of a token, in a few words."""
    if method.effect is Effect.SIGN_IN:
        return "the credentials"
    if method.service is not Service.HUB:
        return "the SCIM token" if method.service is Service.SCIM else "membership of an organization"
    if method.area in _DECIDED_BY_ACCOUNT:
        return "nothing" if method.allows_anonymous else "the account itself"
    if method.scope is Scope.ORGANIZATION:
        return "the role in the organization"
    if method.scope not in _REPOSITORY_SCOPES:
        return "nothing"
    if method.allows_anonymous:
        return "read permission on the repository, unless it is public"
    if "repository" not in method.http.parameters:
        return "the right to create in the namespace"
    return f"{method.scope.rpartition(':')[2]} permission on the repository"


def list_accepted_credentials(tool: Tool) -> list[str]:
    """Return the kinds of credentials that every method of a tool accepts, with the scopes that all need."""
    methods = tool.required_methods
    restricted = [method for method in methods if not method.allows_anonymous] or methods
    if not restricted:
        return ["anyone"]
    accepted = [_map_credential_scopes(method) for method in restricted]
    kinds = [kind for kind in accepted[0] if all(kind in other for other in accepted)]
    scopes = {kind: sorted({other[kind] for other in accepted} - {""}) for kind in kinds}
    return [f"{kind} ({', '.join(scopes[kind])})" if scopes[kind] else kind for kind in kinds]


def _map_credential_scopes(method: type[Method[Any]]) -> dict[str, str]:
    """Return the scope that a method needs, by the kind of credentials; empty where it needs none."""
    if method.service is Service.SCIM:
        return {"SCIM token": ""}
    needs_secret = method.effect is Effect.SIGN_IN or not method.allows_anonymous
    scopes = {"password" if needs_secret else "anyone": ""}
    if needs_secret and method.accepts_pat:
        scopes["personal token"] = ""
    if method.oat_scope or (needs_secret and method.oat_scope is not None):
        scopes["organization token"] = method.oat_scope
    return scopes


def _check_method(method: MethodInfo, grants: CredentialGrants) -> _MissingDetail | None:
    if method.service is Service.SCIM:
        if grants.has_scim_token:
            return None
        return MissingPermission.SCIM_TOKEN, "needs the organization's SCIM token (DOCKERHUB_SCIM_TOKEN)"
    if grants.kind is CredentialKind.OAT:
        return _check_organization_token(method, grants.scopes)
    if grants.kind is CredentialKind.PAT:
        return _check_personal_token(method, grants.scopes)
    if grants.kind is CredentialKind.ANONYMOUS and not method.allows_anonymous:
        return MissingPermission.ACCOUNT, f"needs an account: {_describe_accepted_credentials(method)}"
    return None


def _check_personal_token(method: MethodInfo, scopes: Collection[str]) -> _MissingDetail | None:
    if not method.accepts_pat:
        return (
            MissingPermission.CREDENTIAL_KIND,
            f"closed to personal access tokens: needs {_describe_accepted_credentials(method)}",
        )
    if method.area is Area.ACCOUNT:
        return None  # Docker names no scope for these
    held = [index for index, scope in enumerate(_REPOSITORY_SCOPES) if scope in scopes]
    if not held or method.scope not in _REPOSITORY_SCOPES or method.allows_anonymous:
        return None
    if _REPOSITORY_SCOPES.index(method.scope) <= max(held):
        return None
    return MissingPermission.SCOPE, f"needs a personal access token with {method.scope}"


def _check_organization_token(method: MethodInfo, scopes: Collection[str]) -> _MissingDetail | None:
    if method.oat_scope is None:
        accepted = (
            "a user's sign-in" if method.effect is Effect.SIGN_IN else _describe_accepted_credentials(method)
        )
        return MissingPermission.CREDENTIAL_KIND, f"closed to organization access tokens: needs {accepted}"
    held = [scope for scope in scopes if scope.startswith("scope-")]
    if not method.oat_scope or not held or method.oat_scope in held:
        return None
    return MissingPermission.SCOPE, f"needs an organization access token with {method.oat_scope}"


def _describe_accepted_credentials(method: MethodInfo) -> str:
    if method.accepts_pat and method.oat_scope is not None:
        return "a password, a personal or an organization access token"
    if method.accepts_pat:
        return "a password or a personal access token"
    return "a password or an organization access token" if method.oat_scope else "a password"

"""Which tools somebody can really use, from what methods declare and what the Hub says of a sign-in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.api.method import Area, Effect, Method, Scope, Service

# Each includes those before it.
_REPOSITORY_SCOPES = [Scope.REPO_PUBLIC_READ, Scope.REPO_READ, Scope.REPO_WRITE, Scope.REPO_ADMIN]


class MissingPermission(StrEnum):
    """What keeps somebody from using a tool; the words are part of what programs read."""

    ACCOUNT = "account"
    CREDENTIAL_KIND = "kind of credentials"
    SCOPE = "scope"
    SCIM_TOKEN = "SCIM token"


@dataclass(frozen=True, slots=True)
class CredentialGrants:
    """Who asks.

    Attributes:
        kind: With what it is signed in.
        scopes: Those that the Hub named when it signed in.
        has_scim_token: Whether there is a SCIM token, too.
    """

    kind: CredentialKind
    scopes: Collection[str] = ()
    has_scim_token: bool = False


def missing_permission(
    method: type[Method[Any]], grants: CredentialGrants
) -> tuple[MissingPermission, str] | None:
    """Return what keeps somebody from using a method, with what it takes; None where nothing is known to.

    The role in an organization is not known here, nor the rights on a single repository.
    """
    if method.service is Service.SCIM:
        if grants.has_scim_token:
            return None
        return MissingPermission.SCIM_TOKEN, "needs the organization's SCIM token (DOCKERHUB_SCIM_TOKEN)"
    if grants.kind is CredentialKind.OAT:
        return _check_org_token(method, grants.scopes)
    if grants.kind is CredentialKind.ANONYMOUS:
        return (
            None
            if method.allows_anonymous
            else (MissingPermission.ACCOUNT, f"needs an account: {_describe_accepted_credentials(method)}")
        )
    if grants.kind is CredentialKind.PAT:
        return _check_personal_token(method, grants.scopes)
    return None


def _check_personal_token(
    method: type[Method[Any]], scopes: Collection[str]
) -> tuple[MissingPermission, str] | None:
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


def _check_org_token(
    method: type[Method[Any]], scopes: Collection[str]
) -> tuple[MissingPermission, str] | None:
    if method.oat_scope is None:
        how = (
            "a user's sign-in" if method.effect is Effect.SIGN_IN else _describe_accepted_credentials(method)
        )
        return MissingPermission.CREDENTIAL_KIND, f"closed to organization access tokens: needs {how}"
    named = [scope for scope in scopes if scope.startswith("scope-")]
    if not method.oat_scope or not named or method.oat_scope in named:
        return None
    return MissingPermission.SCOPE, f"needs an organization access token with {method.oat_scope}"


def _describe_accepted_credentials(method: type[Method[Any]]) -> str:
    """Return which credentials a method takes."""
    if method.accepts_pat and method.oat_scope is not None:
        return "a password, a personal or an organization access token"
    if method.accepts_pat:
        return "a password or a personal access token"
    return "a password or an organization access token" if method.oat_scope else "a password"

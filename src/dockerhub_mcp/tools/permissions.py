"""Which tools somebody can really use, from what methods declare and what the Hub says of a sign-in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dockerhub_mcp.hub.api.method import Area, Effect, Method, Scope, Service
from dockerhub_mcp.hub.auth.credentials import Kind

# Each includes those before it.
_REPOSITORY_SCOPES = [Scope.REPO_PUBLIC_READ, Scope.REPO_READ, Scope.REPO_WRITE, Scope.REPO_ADMIN]


class Lack(StrEnum):
    """What keeps somebody from using a tool; the words are part of what programs read."""

    ACCOUNT = "account"
    KIND = "kind of credentials"
    SCOPE = "scope"
    SCIM_TOKEN = "SCIM token"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who asks.

    Attributes:
        kind: With what it is signed in.
        scopes: Those that the Hub named when it signed in.
        has_scim_token: Whether there is a SCIM token, too.
    """

    kind: Kind
    scopes: Collection[str] = ()
    has_scim_token: bool = False


def lack_of(method: type[Method[Any]], holder: Holder) -> tuple[Lack, str] | None:
    """Return what keeps somebody from using a method, with what it takes; None where nothing is known to.

    The role in an organization is not known here, nor the rights on a single repository.
    """
    if method.service is Service.SCIM:
        if holder.has_scim_token:
            return None
        return Lack.SCIM_TOKEN, "needs the organization's SCIM token (DOCKERHUB_SCIM_TOKEN)"
    if holder.kind is Kind.OAT:
        return _lack_of_organization(method, holder.scopes)
    if holder.kind is Kind.ANONYMOUS:
        return None if method.anonymous else (Lack.ACCOUNT, f"needs an account: {_who(method)}")
    if holder.kind is Kind.PAT:
        return _lack_of_person(method, holder.scopes)
    return None


def _lack_of_person(method: type[Method[Any]], scopes: Collection[str]) -> tuple[Lack, str] | None:
    if not method.pat:
        return Lack.KIND, f"closed to personal access tokens: needs {_who(method)}"
    if method.area is Area.ACCOUNT:
        return None  # Docker names no scope for these
    held = [index for index, scope in enumerate(_REPOSITORY_SCOPES) if scope in scopes]
    if not held or method.scope not in _REPOSITORY_SCOPES or method.anonymous:
        return None
    if _REPOSITORY_SCOPES.index(method.scope) <= max(held):
        return None
    return Lack.SCOPE, f"needs a personal access token with {method.scope}"


def _lack_of_organization(method: type[Method[Any]], scopes: Collection[str]) -> tuple[Lack, str] | None:
    if method.oat_scope is None:
        how = "a user's sign-in" if method.effect is Effect.SIGN_IN else _who(method)
        return Lack.KIND, f"closed to organization access tokens: needs {how}"
    named = [scope for scope in scopes if scope.startswith("scope-")]
    if not method.oat_scope or not named or method.oat_scope in named:
        return None
    return Lack.SCOPE, f"needs an organization access token with {method.oat_scope}"


def _who(method: type[Method[Any]]) -> str:
    """Return which credentials a method takes."""
    if method.pat and method.oat_scope is not None:
        return "a password, a personal or an organization access token"
    if method.pat:
        return "a password or a personal access token"
    return "a password or an organization access token" if method.oat_scope else "a password"

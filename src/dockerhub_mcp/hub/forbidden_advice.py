"""Likely reasons of a missing permission (403), and their remedies, for each kind of account."""

from __future__ import annotations

from typing import Any

from dockerhub_mcp.hub.api.coercion import find_organization_field
from dockerhub_mcp.hub.api.enums import Area, CredentialKind, Effect, Scope, Service
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.error_advice import (
    PAT_SETTINGS_URL,
    Advice,
    required_credentials,
    state_conflict_advice,
)
from dockerhub_mcp.hub.missing_objects import format_name

_REPOSITORY_SCOPES = [Scope.REPO_PUBLIC_READ, Scope.REPO_READ, Scope.REPO_WRITE, Scope.REPO_ADMIN]
"""The scopes of personal access tokens; each includes those before it."""
_ASK_NAMESPACE_OWNER = "Ask an owner of the namespace for access."
_PLAN_REQUIREMENTS = {
    Area.AUDIT_LOGS: ", or the organization has no Team or Business plan",
    Area.ORG_SETTINGS: ", or the organization has no Business plan",
    Area.ORG_ACCESS_TOKENS: ", or the organization has no Team or Business plan",
}


def forbidden_advice(method: Method[Any], principal: Principal, lowered_message: str) -> Advice:
    """Return the advice for a missing permission, from the kind of account and the scopes of its token."""
    if advice := state_conflict_advice(lowered_message):
        return advice
    if principal.is_anonymous:
        return "This needs an account.", _name_credentials(method, principal)
    if principal.kind is CredentialKind.SCIM:
        return "The SCIM token does not cover this.", "Ask an owner of the organization."
    if method.scope is Scope.NONE:
        why = "This needs no permission: Docker may have restricted the account or this network."
        return why, "Try again later."
    if principal.kind is CredentialKind.PAT:
        return _advise_personal_token(method, principal, lowered_message)
    if principal.kind is CredentialKind.OAT:
        return _advise_organization_token(method, principal, lowered_message)
    return _advise_account(method, principal)


def known_refusal(method: Method[Any], principal: Principal) -> Advice | None:
    """Return the advice where the Hub is known to refuse a method to a token; None where it may accept it.

    Known are the kind of the token, its scopes as far as the sign-in named them, and its organization. Roles
    and rights in single repositories are not known here.
    """
    if method.service is Service.SCIM or not _is_known_to_lack(method, principal):
        return None
    return forbidden_advice(method, principal, "")


def _is_known_to_lack(method: Method[Any], principal: Principal) -> bool:
    if principal.kind is CredentialKind.PAT:
        held = [scope for scope in _REPOSITORY_SCOPES if scope in principal.scopes]
        if not method.accepts_pat or not held or method.scope not in _REPOSITORY_SCOPES:
            return not method.accepts_pat
        return _REPOSITORY_SCOPES.index(held[-1]) < _REPOSITORY_SCOPES.index(method.scope)
    if principal.kind is CredentialKind.OAT:
        owner, needed = _find_owner(method), method.oat_scope
        if needed is None or (owner and owner.lower() != principal.username.lower()):
            return True
        scopes = [scope for scope in principal.scopes if scope.startswith("scope-")]
        return bool(needed and scopes) and not any(_covers(scope, needed) for scope in scopes)
    return False


def _advise_personal_token(method: Method[Any], principal: Principal, lowered_message: str) -> Advice:
    is_beyond_tokens = not method.accepts_pat or "personal access token" in lowered_message
    if is_beyond_tokens or (method.area is Area.ACCOUNT and not method.allows_anonymous):
        why = "The Hub limits personal access tokens to repositories; regardless of their scopes, accounts, "
        why += "organizations and audit logs are out of reach."
        return why, _name_other_sign_in(
            method, principal, f"Sign in with the password{_oat_alternative(method)}."
        )
    if method.scope not in _REPOSITORY_SCOPES:
        return _advise_account(method, principal)
    held = [scope for scope in _REPOSITORY_SCOPES if scope in principal.scopes]
    if held and _REPOSITORY_SCOPES.index(held[-1]) >= _REPOSITORY_SCOPES.index(method.scope):
        why, remedy = _advise_account(method, principal)
        return f"The token's scope {held[-1]} is enough. {why}", remedy
    remedy = f"Create a token with {method.scope} at {PAT_SETTINGS_URL}"
    if held:
        why = f"The personal access token has {held[-1]}, and this needs {method.scope}."
        return why, _name_other_sign_in(method, principal, f"{remedy}.")
    why = f"The personal access token probably lacks {method.scope}, or the account has no such right here."
    return why, _name_other_sign_in(method, principal, f"{remedy}, or ask an owner for access.")


def _advise_organization_token(method: Method[Any], principal: Principal, lowered_message: str) -> Advice:
    if method.oat_scope is None or "organization access token is not" in lowered_message:
        why = "The Hub accepts no organization access token here, regardless of its scopes."
        remedy = "Sign in as a user"
        if method.scope is Scope.ORGANIZATION or method.area is not Area.ACCESS_TOKENS:
            remedy += ": for an organization, with an owner's password"
        return why, _name_other_sign_in(method, principal, f"{remedy}.")
    owner = _find_owner(method)
    if owner and owner.lower() != principal.username.lower():
        why = f"The token belongs to {principal.username}, and this is of {format_name(owner)}."
        remedy = f"Use an access token of {format_name(owner)}, or another account."
        return why, _name_other_sign_in(method, principal, remedy)
    settings = "An owner can add the scope and the resource in the organization's settings."
    held = [scope for scope in principal.scopes if scope.startswith("scope-")]
    if not method.oat_scope:
        return "The token's resources probably exclude this.", settings
    if not held:
        return f"The token probably lacks {method.oat_scope}, or its resources exclude this.", settings
    if not any(_covers(scope, method.oat_scope) for scope in held):
        return f"The token lacks {method.oat_scope}.", settings
    why = f"The token has the scope for this ({method.oat_scope}), but probably for other resources."
    return why, "An owner can add the resource in the organization's settings."


def _covers(held: str, needed: str) -> bool:
    """Tell whether a scope may include another: each scope that changes objects lets read them too."""
    return held == needed or (needed.endswith("-read") and held.startswith(needed.removesuffix("read")))


def _advise_account(method: Method[Any], principal: Principal) -> Advice:
    """Return the advice where the account itself lacks a right, as opposed to its token."""
    username, owner = principal.username, _find_owner(method)
    if method.service is Service.SCOUT:
        why = f"{username} is probably not a member of the organization, or it has no Docker Hardened Images."
        return why, "List your organizations."
    if method.scope is Scope.ORGANIZATION:
        plan = _PLAN_REQUIREMENTS.get(method.area, "")
        why = f"{username} is probably not an owner of the organization{plan}."
        return why, f"Ask an owner{_oat_alternative(method)}."
    if method.scope is Scope.ACCOUNT:
        why = "An organization of the account may have restricted personal access tokens."
        return why, f"Look at {PAT_SETTINGS_URL}, or ask an owner of the organization."
    if method.area is Area.ACCOUNT:
        return (
            "Docker may have restricted the account.",
            "Sign in at https://hub.docker.com to see its state.",
        )
    if owner == "library" and method.effect.is_mutation:
        return "library holds the official images, which only Docker changes.", "Use a namespace of your own."
    if owner and owner.lower() == username.lower():
        why = f"The namespace is {username}'s own, so Docker may have restricted the account: an unverified "
        why += "e-mail address, or a limit of its plan."
        return why, "Sign in at https://hub.docker.com to see its state."
    return f"{username} probably may not {_describe_action(method)}.", _ASK_NAMESPACE_OWNER


def _describe_action(method: Method[Any]) -> str:
    namespace, repository = _find_owner(method), getattr(method, "repository", None)
    if repository is None:
        verb = "create" if method.effect is Effect.CREATE else "list"
        return f"{verb} repositories in {format_name(namespace)}"
    verb = "change" if method.effect.is_mutation else "read"
    if method.scope is Scope.REPO_ADMIN:
        verb = "administer"
    return f"{verb} {format_name(f'{namespace}/{repository}')}"


def _find_owner(method: Method[Any]) -> str:
    """Return the organization or the user that the call is about, or an empty string."""
    field = find_organization_field(type(method))
    return str(getattr(method, field) or "") if field else ""


def _name_other_sign_in(method: Method[Any], principal: Principal, remedy: str) -> str:
    """Return the remedy, or which account the call needs where calls cannot change it."""
    return _name_credentials(method, principal) if principal.fixed_identity else remedy


def _name_credentials(method: Method[Any], principal: Principal) -> str:
    return required_credentials(type(method), fixed_identity=principal.fixed_identity)


def _oat_alternative(method: Method[Any]) -> str:
    if not method.oat_scope:
        return ""
    return f", or use an organization access token with {method.oat_scope}"

"""From an error answer to an error that says what happened, why, and what to do next."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dockerhub_mcp.hub import error_bodies
from dockerhub_mcp.hub.api.enums import Area, CredentialKind, Scope
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.errors import (
    AnonymousLimit,
    BadRequest,
    Conflict,
    Forbidden,
    HubUnavailable,
    NotFound,
    RateLimited,
    Refused,
    Unauthorized,
)
from dockerhub_mcp.hub.transport.backends import Response
from dockerhub_mcp.hub.transport.retry import parse_retry_after

FIXED_IDENTITY_NOTICE = "Whoever runs or configured this connection decides on its account."
_PLAIN_NAME = re.compile(r"[\w.@:/-]+", re.ASCII)
PAT_SETTINGS_URL = "https://app.docker.com/settings/personal-access-tokens"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asked: nobody has an empty user name."""

    username: str
    kind: CredentialKind
    fixed_identity: bool = False
    """Whether no call can change who it is, so that no advice to sign in would help."""

    def __str__(self) -> str:
        if self.kind is CredentialKind.ANONYMOUS:
            return "an anonymous caller"
        return f"{self.username} (signed in with {self.kind.with_article})"


def error_for(
    method: Method[Any], response: Response, principal: Principal, redact: Callable[[str], str]
) -> Refused:
    """Return the error for an answer with an error status."""
    said = error_bodies.error_message(response.content, redact)
    status = response.status
    call = f"{method.http.verb} {method.build_path()}"
    if status == 401:  # noqa: PLR2004
        return _unauthorized_error(call, method, principal, said)
    if status == 403:  # noqa: PLR2004
        return _forbidden_error(call, method, principal, said)
    if status in {404, 410}:
        return _not_found_error(call, method, principal, said, status)
    if status == 409:  # noqa: PLR2004
        what = f"The Hub refused {call}: it conflicts with what is there already."
        return Conflict(
            what, status=status, hub_message=said, remedy="Read the present state first, then decide."
        )
    if status == 429:  # noqa: PLR2004
        return _rate_limited_error(call, principal, said, parse_retry_after(response.headers, time.time()))
    if status >= 500:  # noqa: PLR2004
        return _unavailable_error(call, method, said, status)
    what = f"The Hub did not accept {call} ({status})."
    why, remedy = _state_conflict_advice(said.lower()) or _bad_request_advice(status, said)
    return BadRequest(what, status=status, hub_message=said, why=why, remedy=remedy)


def _bad_request_advice(status: int, hub_message: str) -> tuple[str, str]:
    if status in {405, 501}:
        why = "It may have taken this method away since this version of dockerhub-mcp was made."
        return why, "Look for a newer version of dockerhub-mcp."
    if not hub_message:
        return "It did not say why.", "Check each value of the call against its description."
    return "", "Correct the value that the Hub names."


def _unauthorized_error(
    request_line: str, method: Method[Any], principal: Principal, hub_message: str
) -> Refused:
    what = f"The Hub did not accept who is asking ({request_line})."
    if principal.kind is CredentialKind.SCIM:
        remedy = "Make a new SCIM token in the organization's settings and set DOCKERHUB_SCIM_TOKEN to it."
        return Unauthorized(
            what,
            status=401,
            hub_message=hub_message,
            why="The SCIM token is wrong or expired.",
            remedy=remedy,
        )
    if principal.kind is CredentialKind.ANONYMOUS:
        return Unauthorized(
            what,
            status=401,
            hub_message=hub_message,
            why="This needs an account.",
            remedy=required_credentials(type(method), fixed_identity=principal.fixed_identity),
        )
    why = f"Even a fresh sign-in of {principal.username} was turned away: "
    if principal.kind is CredentialKind.PASSWORD:
        why += "the password may have been changed, or the account is closed."
        remedy = "Correct DOCKERHUB_TOKEN, or sign in anew with create_auth_token."
    else:
        why += f"the {principal.kind} may have been revoked or has expired, or the account is closed."
        where = (
            "in the organization's settings"
            if principal.kind is CredentialKind.OAT
            else f"at {PAT_SETTINGS_URL}"
        )
        remedy = f"Check the token {where} and replace it where it is configured."
    return Unauthorized(what, status=401, hub_message=hub_message, why=why, remedy=remedy)


def _forbidden_error(
    request_line: str, method: Method[Any], principal: Principal, hub_message: str
) -> Refused:
    words = hub_message.lower()
    if "anonymous" in words and ("offset" in words or "page" in words):
        what = f"Anonymous callers may not page this far ({request_line})."
        why = "Since August 2026 anonymous lists end early: tags after about 1,000, repositories after 100."
        remedy = "Sign in to read on, or narrow the list with a filter such as name."
        return AnonymousLimit(what, status=403, hub_message=hub_message, why=why, remedy=remedy)
    what = f"The Hub does not let {principal} do this ({request_line})."
    why, remedy = _forbidden_advice(method, principal, words)
    return Forbidden(what, status=403, hub_message=hub_message, why=why, remedy=remedy)


def _state_conflict_advice(lowered_message: str) -> tuple[str, str] | None:
    """Return reason and remedy where not the caller is at fault but what is there already."""
    return next(
        (answer for cues, answer in _STATE_CONFLICTS if any(cue in lowered_message for cue in cues)), None
    )


_STATE_CONFLICTS = (
    (
        ("immutable tag", "tag is immutable"),
        (
            "A rule of the repository makes the tag immutable: nobody can overwrite or delete it.",
            "If it really has to go, change the rules with update_immutable_tags first.",
        ),
    ),
    (
        ("last owner", "at least one owner"),
        ("This would leave the organization without an owner.", "Make somebody else an owner first."),
    ),
    (
        ("owners group",),
        ("Every organization has this group, and it stays as it is.", "Use another group."),
    ),
    (
        ("already exists", "already assigned"),
        ("It is there already.", "Read it, and change it where it is not as wanted, or choose another name."),
    ),
)


def _forbidden_advice(method: Method[Any], principal: Principal, lowered_message: str) -> tuple[str, str]:
    if answer := _state_conflict_advice(lowered_message):
        return answer
    if principal.kind is CredentialKind.SCIM:
        return "The SCIM token does not reach this.", "Ask an owner of the organization."
    if principal.kind is CredentialKind.PAT and (
        not method.accepts_pat or "personal access token" in lowered_message
    ):
        why = "The Hub limits personal access tokens to repositories; accounts, organizations and audit logs "
        why += "are out of their reach whatever their scopes."
        return why, f"Sign in with the password{_oat_alternative(method)}."
    if principal.kind is CredentialKind.OAT and (
        method.oat_scope is None or "organization access token is not" in lowered_message
    ):
        why = "The Hub takes no organization access token here, whatever its scopes."
        return why, "Sign in as a user: an owner's password where it is about the organization."
    if principal.kind is CredentialKind.OAT:
        scope = method.oat_scope or "a scope for this"
        why = f"The token probably lacks {scope}, or its resources leave this out."
        return why, "An owner can add the scope and the resource in the organization's settings."
    if principal.kind is CredentialKind.PAT:
        why = (
            f"The personal access token probably lacks {method.scope}, or the account has no such right here."
        )
        return why, f"Make a token with {method.scope} at {PAT_SETTINGS_URL}, or ask an owner for access."
    if principal.kind is CredentialKind.ANONYMOUS:
        return "This needs an account.", required_credentials(
            type(method), fixed_identity=principal.fixed_identity
        )
    if method.scope is Scope.ORGANIZATION:
        plan = _PLAN_REQUIREMENTS.get(method.area, "")
        why = f"{principal.username} is probably no owner of the organization{plan}."
        return why, f"Ask an owner{_oat_alternative(method)}."
    return (
        f"{principal.username} probably has no {method.scope} here.",
        "Ask an owner of the namespace for access.",
    )


_PLAN_REQUIREMENTS = {
    Area.AUDIT_LOGS: ", or the organization has no Team or Business plan",
    Area.ORG_SETTINGS: ", or the organization has no Business plan",
    Area.ORG_ACCESS_TOKENS: ", or the organization has no Team or Business plan",
}


def required_credentials(method: type[Method[Any]], *, fixed_identity: bool = False) -> str:
    """Return how to sign in so that a method works; `fixed` where no call can."""
    ways = ["a password"]
    if method.accepts_pat:
        ways.append("a personal access token")
    if method.oat_scope:
        ways.append(f"the organization's name and its access token with {method.oat_scope}")
    how = " or ".join(ways)
    if fixed_identity:
        return f"{FIXED_IDENTITY_NOTICE} Here it takes {how}."
    return f"Set DOCKERHUB_USERNAME and DOCKERHUB_TOKEN (here: {how}), or sign in with create_auth_token."


def _oat_alternative(method: Method[Any]) -> str:
    if not method.oat_scope:
        return ""
    return f", or use an organization access token with {method.oat_scope}"


def _not_found_error(
    request_line: str, method: Method[Any], principal: Principal, hub_message: str, status: int
) -> Refused:
    values = {name: getattr(method, name) for name in method.http.parameters}
    repository = f"{values.get('namespace')}/{values.get('repository')}"
    if not _PLAIN_NAME.fullmatch(repository):
        repository = repr(repository)  # an address that somebody clicked may hold whole sentences
    remedy = "Check the spelling."
    if "tag" in values:
        what = f"No tag {values['tag']!r} in {repository}, as far as {principal} may see."
        why = "The tag may be missing, or the repository, or it is private."
        remedy = "List the tags with a name filter to see what there is."
    elif "repository" in values:
        what = f"No repository {repository}, as far as {principal} may see."
        why = "The Hub answers the same whether it is missing or private."
        remedy = "Check the spelling by listing the repositories of the namespace."
        if values.get("namespace") == "library":
            remedy += " Only official images live in library; others need their namespace."
    else:
        named = ", ".join(f"{name} {value!r}" for name, value in values.items())
        what = f"The Hub knows no {named}." if named else "The Hub knows nothing at this place."
        why = "It may be missing, or not visible to " + str(principal) + "."
    page = getattr(method, "page", 1)
    if page > 1:
        what = f"There is no page {page} of this list ({request_line})."
        why = f"The list is shorter, or what it is about is missing or not visible to {principal}."
        remedy = "Read from page 1."
    if principal.kind is CredentialKind.ANONYMOUS:
        remedy += " If it is private, sign in."
    return NotFound(
        what,
        status=status,
        hub_message="" if _is_generic_message(hub_message) else hub_message,
        why=why,
        remedy=remedy,
    )


def _is_generic_message(hub_message: str) -> bool:
    return hub_message.lower() in {"", "not found", "object not found", "httperror 404: object not found"}


def _rate_limited_error(
    request_line: str, principal: Principal, hub_message: str, retry_after_seconds: float | None
) -> Refused:
    what = f"The Hub's rate limit is used up ({request_line})."
    when = "in a minute" if retry_after_seconds is None else f"in {max(1, round(retry_after_seconds))} s"
    words = hub_message.lower()
    remedy = f"Try again {when}"
    if "pull rate limit" in words:
        why = "Pulls are counted for six hours: 100 without an account, 200 with a free one."
    elif words == "too many requests":
        why = (
            "Docker's guard against abuse says so, which counts whole networks; no account raises its limit."
        )
        return RateLimited(
            what,
            why=why,
            remedy=f"{remedy}, and ask less often.",
            hub_message=hub_message,
            retry_after=retry_after_seconds,
        )
    elif principal.kind is CredentialKind.ANONYMOUS:
        why = "Anonymous callers share about 180 requests a minute with everyone behind their address."
    else:
        why = "An account has about 600 requests a minute."
    if principal.kind is CredentialKind.ANONYMOUS:
        remedy += ", or sign in, which allows "
        remedy += "more." if "pull rate limit" in words else "about 600 a minute."
    else:
        remedy += ", and ask for larger pages instead of more of them."
    return RateLimited(what, why=why, remedy=remedy, hub_message=hub_message, retry_after=retry_after_seconds)


def _unavailable_error(request_line: str, method: Method[Any], hub_message: str, status: int) -> Refused:
    what = f"The Hub has a fault of its own ({status} on {request_line})."
    remedy = "Try again later; https://www.dockerstatus.com shows known trouble."
    # Seen on the assignment of a group that does not exist.
    why = "The Hub breaks on a group_id that it does not know." if hasattr(method, "group_id") else ""
    return HubUnavailable(
        what, status=status, hub_message=hub_message, why=why, remedy=retry_advice(method, remedy)
    )


def retry_advice(method: Method[Any], remedy: str) -> str:
    """Return the remedy where it is not known what became of a call; a change may have been made."""
    if not method.effect.is_mutation:
        return remedy
    return "Look whether the change was made before sending it again."

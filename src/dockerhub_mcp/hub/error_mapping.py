"""From an error answer to an error that says what happened, why, and what to do next."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dockerhub_mcp.hub import error_bodies
from dockerhub_mcp.hub.api.method import Area, Method, Scope
from dockerhub_mcp.hub.auth.credentials import Kind
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
from dockerhub_mcp.hub.transport.backends import Answer
from dockerhub_mcp.hub.transport.retry import retry_after

SETTLED_OUTSIDE = "Whoever runs or configured this connection decides on its account."
_ORDINARY = re.compile(r"[\w.@:/-]+", re.ASCII)
_TOKENS_PAGE = "https://app.docker.com/settings/personal-access-tokens"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asked: nobody has an empty user name."""

    username: str
    kind: Kind
    fixed: bool = False
    """Whether no call can change who it is, so that no advice to sign in would help."""

    def __str__(self) -> str:
        if self.kind is Kind.ANONYMOUS:
            return "an anonymous caller"
        return f"{self.username} (signed in with {self.kind.with_article})"


def explain(method: Method[Any], answer: Answer, caller: Caller, redact: Callable[[str], str]) -> Refused:
    """Return the error for an answer with an error status."""
    said = error_bodies.said(answer.content, redact)
    status = answer.status
    call = f"{method.http.verb} {method.path()}"
    if status == 401:  # noqa: PLR2004
        return _unauthorized(call, method, caller, said)
    if status == 403:  # noqa: PLR2004
        return _forbidden(call, method, caller, said)
    if status in {404, 410}:
        return _not_found(call, method, caller, said, status)
    if status == 409:  # noqa: PLR2004
        what = f"The Hub refused {call}: it conflicts with what is there already."
        return Conflict(what, status=status, said=said, remedy="Read the present state first, then decide.")
    if status == 429:  # noqa: PLR2004
        return _rate_limited(call, caller, said, retry_after(answer.headers, time.time()))
    if status >= 500:  # noqa: PLR2004
        return _unavailable(call, method, said, status)
    what = f"The Hub did not accept {call} ({status})."
    why, remedy = _why_not_now(said.lower()) or _why_not_accepted(status, said)
    return BadRequest(what, status=status, said=said, why=why, remedy=remedy)


def _why_not_accepted(status: int, said: str) -> tuple[str, str]:
    if status in {405, 501}:
        why = "It may have taken this method away since this version of dockerhub-mcp was made."
        return why, "Look for a newer version of dockerhub-mcp."
    if not said:
        return "It did not say why.", "Check each value of the call against its description."
    return "", "Correct the value that the Hub names."


def _unauthorized(call: str, method: Method[Any], caller: Caller, said: str) -> Refused:
    what = f"The Hub did not accept who is asking ({call})."
    if caller.kind is Kind.SCIM:
        remedy = "Make a new SCIM token in the organization's settings and set DOCKERHUB_SCIM_TOKEN to it."
        return Unauthorized(
            what, status=401, said=said, why="The SCIM token is wrong or expired.", remedy=remedy
        )
    if caller.kind is Kind.ANONYMOUS:
        return Unauthorized(
            what,
            status=401,
            said=said,
            why="This needs an account.",
            remedy=who_may(type(method), fixed=caller.fixed),
        )
    why = f"Even a fresh sign-in of {caller.username} was turned away: "
    if caller.kind is Kind.PASSWORD:
        why += "the password may have been changed, or the account is closed."
        remedy = "Correct DOCKERHUB_TOKEN, or sign in anew with create_auth_token."
    else:
        why += f"the {caller.kind} may have been revoked or has expired, or the account is closed."
        where = "in the organization's settings" if caller.kind is Kind.OAT else f"at {_TOKENS_PAGE}"
        remedy = f"Check the token {where} and replace it where it is configured."
    return Unauthorized(what, status=401, said=said, why=why, remedy=remedy)


def _forbidden(call: str, method: Method[Any], caller: Caller, said: str) -> Refused:
    words = said.lower()
    if "anonymous" in words and ("offset" in words or "page" in words):
        what = f"Anonymous callers may not page this far ({call})."
        why = "Since August 2026 anonymous lists end early: tags after about 1,000, repositories after 100."
        remedy = "Sign in to read on, or narrow the list with a filter such as name."
        return AnonymousLimit(what, status=403, said=said, why=why, remedy=remedy)
    what = f"The Hub does not let {caller} do this ({call})."
    why, remedy = _why_forbidden(method, caller, words)
    return Forbidden(what, status=403, said=said, why=why, remedy=remedy)


def _why_not_now(words: str) -> tuple[str, str] | None:
    """Return reason and remedy where not the caller is at fault but what is there already."""
    return next((answer for cues, answer in _STATES if any(cue in words for cue in cues)), None)


_STATES = (
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


def _why_forbidden(method: Method[Any], caller: Caller, words: str) -> tuple[str, str]:
    if answer := _why_not_now(words):
        return answer
    if caller.kind is Kind.SCIM:
        return "The SCIM token does not reach this.", "Ask an owner of the organization."
    if caller.kind is Kind.PAT and (not method.pat or "personal access token" in words):
        why = "The Hub limits personal access tokens to repositories; accounts, organizations and audit logs "
        why += "are out of their reach whatever their scopes."
        return why, f"Sign in with the password{_or_oat(method)}."
    if caller.kind is Kind.OAT and (method.oat_scope is None or "organization access token is not" in words):
        why = "The Hub takes no organization access token here, whatever its scopes."
        return why, "Sign in as a user: an owner's password where it is about the organization."
    if caller.kind is Kind.OAT:
        scope = method.oat_scope or "a scope for this"
        why = f"The token probably lacks {scope}, or its resources leave this out."
        return why, "An owner can add the scope and the resource in the organization's settings."
    if caller.kind is Kind.PAT:
        why = (
            f"The personal access token probably lacks {method.scope}, or the account has no such right here."
        )
        return why, f"Make a token with {method.scope} at {_TOKENS_PAGE}, or ask an owner for access."
    if caller.kind is Kind.ANONYMOUS:
        return "This needs an account.", who_may(type(method), fixed=caller.fixed)
    if method.scope is Scope.ORGANIZATION:
        plan = _PLANS.get(method.area, "")
        why = f"{caller.username} is probably no owner of the organization{plan}."
        return why, f"Ask an owner{_or_oat(method)}."
    return (
        f"{caller.username} probably has no {method.scope} here.",
        "Ask an owner of the namespace for access.",
    )


_PLANS = {
    Area.AUDIT_LOGS: ", or the organization has no Team or Business plan",
    Area.ORG_SETTINGS: ", or the organization has no Business plan",
    Area.ORG_ACCESS_TOKENS: ", or the organization has no Team or Business plan",
}


def who_may(method: type[Method[Any]], *, fixed: bool = False) -> str:
    """Return how to sign in so that a method works; `fixed` where no call can."""
    ways = ["a password"]
    if method.pat:
        ways.append("a personal access token")
    if method.oat_scope:
        ways.append(f"the organization's name and its access token with {method.oat_scope}")
    how = " or ".join(ways)
    if fixed:
        return f"{SETTLED_OUTSIDE} Here it takes {how}."
    return f"Set DOCKERHUB_USERNAME and DOCKERHUB_TOKEN (here: {how}), or sign in with create_auth_token."


def _or_oat(method: Method[Any]) -> str:
    if not method.oat_scope:
        return ""
    return f", or use an organization access token with {method.oat_scope}"


def _not_found(call: str, method: Method[Any], caller: Caller, said: str, status: int) -> Refused:
    values = {name: getattr(method, name) for name in method.http.parameters}
    repository = f"{values.get('namespace')}/{values.get('repository')}"
    if not _ORDINARY.fullmatch(repository):
        repository = repr(repository)  # an address that somebody clicked may hold whole sentences
    remedy = "Check the spelling."
    if "tag" in values:
        what = f"No tag {values['tag']!r} in {repository}, as far as {caller} may see."
        why = "The tag may be missing, or the repository, or it is private."
        remedy = "List the tags with a name filter to see what there is."
    elif "repository" in values:
        what = f"No repository {repository}, as far as {caller} may see."
        why = "The Hub answers the same whether it is missing or private."
        remedy = "Check the spelling by listing the repositories of the namespace."
        if values.get("namespace") == "library":
            remedy += " Only official images live in library; others need their namespace."
    else:
        named = ", ".join(f"{name} {value!r}" for name, value in values.items())
        what = f"The Hub knows no {named}." if named else "The Hub knows nothing at this place."
        why = "It may be missing, or not visible to " + str(caller) + "."
    page = getattr(method, "page", 1)
    if page > 1:
        what = f"There is no page {page} of this list ({call})."
        why = f"The list is shorter, or what it is about is missing or not visible to {caller}."
        remedy = "Read from page 1."
    if caller.kind is Kind.ANONYMOUS:
        remedy += " If it is private, sign in."
    return NotFound(what, status=status, said="" if _says_nothing(said) else said, why=why, remedy=remedy)


def _says_nothing(said: str) -> bool:
    return said.lower() in {"", "not found", "object not found", "httperror 404: object not found"}


def _rate_limited(call: str, caller: Caller, said: str, seconds: float | None) -> Refused:
    what = f"The Hub's rate limit is used up ({call})."
    when = "in a minute" if seconds is None else f"in {max(1, round(seconds))} s"
    words = said.lower()
    remedy = f"Try again {when}"
    if "pull rate limit" in words:
        why = "Pulls are counted for six hours: 100 without an account, 200 with a free one."
    elif words == "too many requests":
        why = (
            "Docker's guard against abuse says so, which counts whole networks; no account raises its limit."
        )
        return RateLimited(
            what, why=why, remedy=f"{remedy}, and ask less often.", said=said, retry_after=seconds
        )
    elif caller.kind is Kind.ANONYMOUS:
        why = "Anonymous callers share about 180 requests a minute with everyone behind their address."
    else:
        why = "An account has about 600 requests a minute."
    if caller.kind is Kind.ANONYMOUS:
        remedy += ", or sign in, which allows "
        remedy += "more." if "pull rate limit" in words else "about 600 a minute."
    else:
        remedy += ", and ask for larger pages instead of more of them."
    return RateLimited(what, why=why, remedy=remedy, said=said, retry_after=seconds)


def _unavailable(call: str, method: Method[Any], said: str, status: int) -> Refused:
    what = f"The Hub has a fault of its own ({status} on {call})."
    remedy = "Try again later; https://www.dockerstatus.com shows known trouble."
    # Seen on the assignment of a group that does not exist.
    why = "The Hub breaks on a group_id that it does not know." if hasattr(method, "group_id") else ""
    return HubUnavailable(what, status=status, said=said, why=why, remedy=after_trouble(method, remedy))


def after_trouble(method: Method[Any], remedy: str) -> str:
    """Return the remedy where it is not known what became of a call; a change may have been made."""
    if not method.effect.changes_the_hub:
        return remedy
    return "Look whether the change was made before sending it again."


def why_sign_in_refused(
    kind: Kind, said: str, *, login: bool, fixed: bool = False, stored: bool = False
) -> tuple[str, str]:
    """Return the likely reason and the remedy of a refused sign-in.

    Args:
        kind: What was refused.
        said: The Hub's words.
        login: Whether it was the older way to sign in.
        fixed: As above.
        stored: Whether Docker keeps the login.
    """
    words = said.lower()
    if "too many" in words or "locked" in words:
        why = "After a few failures Docker locks the name for ten minutes; even the right secret fails then."
        return why, "Wait ten minutes, then sign in once with the right secret."
    if login and (kind is Kind.OAT or "organization" in words):
        return "This route takes no organizations.", "Use create_auth_token for organization access tokens."
    never = "It is not sent again by itself: Docker locks the name after a few failures."
    if kind is Kind.OAT:
        why = f"The token may be revoked, expired or inactive, or the name is not the organization's. {never}"
        if fixed:
            return why, "The Docker ID must be the organization's name; check the token in its settings."
        if stored:
            how = "with the organization's name as the user name, and check the token in its settings."
            return why, f"Run `docker login -u ORGANIZATION` {how}"
        return why, "Set DOCKERHUB_USERNAME to the organization's name and check the token in its settings."
    if kind is Kind.PAT:
        why = f"The token may be revoked, expired or inactive, or belong to another account. {never}"
        if fixed:
            return why, f"Check it at {_TOKENS_PAGE} and correct it, or the Docker ID, where they come from."
        if stored:
            return why, f"Check it at {_TOKENS_PAGE}, and run `docker login` again."
        return why, f"Check it at {_TOKENS_PAGE} and correct DOCKERHUB_USERNAME or DOCKERHUB_TOKEN."
    why = f"The password may be wrong, or the organization enforces single sign-on, which takes none. {never}"
    how = ", with `docker login -u NAME`" if stored else ""
    return why, f"Use a personal access token, made at {_TOKENS_PAGE}{how}."

"""Likely reasons of error responses, and their remedies."""

from __future__ import annotations

from typing import Any

from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.auth.principal import Principal

FIXED_IDENTITY_NOTICE = "The operator of this connection chooses its account."
PAT_SETTINGS_URL = "https://app.docker.com/settings/personal-access-tokens"

PRIVATE_ADVICE = " If it is private, sign in."

OUTAGE_REMEDY = "Try again later; https://www.dockerstatus.com shows known incidents."

Advice = tuple[str, str]
"""The likely reason and the remedy, one or two sentences each; the reason may be empty."""


def bad_request_advice(status: int, hub_message: str) -> Advice:
    """Return the advice for a rejected value (400, 422 and other 4xx)."""
    if status in {405, 501}:
        why = "Docker may have removed this method since this version of dockerhub-mcp was released."
        return why, "Look for a newer version of dockerhub-mcp."
    if not hub_message:
        return "It did not say why.", "Check each value of the call against its description."
    return "", "Correct the value that the Hub names."


def unauthorized_advice(method: Method[Any], principal: Principal) -> Advice:
    """Return the advice for rejected credentials (401).

    The Hub accepted the secret just before: a bearer token that it rejects is renewed first.
    """
    if principal.kind is CredentialKind.SCIM:
        remedy = "Create a SCIM token in the organization's settings and set DOCKERHUB_SCIM_TOKEN to it."
        return "The SCIM token is wrong or expired.", remedy
    if principal.is_anonymous:
        return "This needs an account.", required_credentials(
            type(method), fixed_identity=principal.fixed_identity
        )
    why = (
        f"The sign-in as {principal.username} succeeded, but the Hub rejects the bearer token that it "
        "issued: the Hub has a fault, or the account was closed or restricted."
    )
    return why, OUTAGE_REMEDY


def state_conflict_advice(lowered_message: str) -> Advice | None:
    """Return the advice where the current state prevents a change, whichever account asks."""
    return next(
        (advice for cues, advice in _STATE_CONFLICTS if any(cue in lowered_message for cue in cues)), None
    )


_STATE_CONFLICTS = (
    (
        ("immutable tag", "tag is immutable"),
        (
            "A rule of the repository makes the tag immutable: it cannot be overwritten or deleted.",
            "To change it anyway, update the rules with update_immutable_tags first.",
        ),
    ),
    (
        ("last owner", "at least one owner"),
        ("This would leave the organization without an owner.", "Make another member an owner first."),
    ),
    (
        ("owners group",),
        ("Every organization has this group, and it cannot be changed.", "Use another group."),
    ),
    (
        ("already exists", "already assigned"),
        ("It already exists.", "Read it, and update it if necessary, or choose another name."),
    ),
)


def required_credentials(method: type[Method[Any]], *, fixed_identity: bool = False) -> str:
    """Return how to sign in for a method.

    Args:
        method: The method that needs an account.
        fixed_identity: Whether calls cannot change the account.
    """
    kinds = ["a password"]
    if method.accepts_pat:
        kinds.append("a personal access token")
    if method.oat_scope:
        kinds.append(f"the organization's name and its access token with {method.oat_scope}")
    accepted = " or ".join(kinds)
    if fixed_identity:
        return f"{FIXED_IDENTITY_NOTICE} This call needs {accepted}."
    return (
        f"Set DOCKERHUB_USERNAME and DOCKERHUB_TOKEN (here: {accepted}), or sign in with create_auth_token."
    )


def rate_limit_advice(principal: Principal, lowered_message: str) -> Advice:
    """Return the advice for an exhausted rate limit (429); the remedy continues "Try again in 5 s, "."""
    if lowered_message == "too many requests":
        why = "This is Docker's abuse protection, which counts whole networks; an account does not raise it."
        return why, "and send fewer requests."
    if "pull rate limit" in lowered_message:
        why = "Pulls are counted for six hours: 100 without an account, 200 with a free one."
        more = "more"
    elif principal.is_anonymous:
        why = "Anonymous callers share about 180 requests a minute with everyone behind their address."
        more = "about 600 a minute"
    else:
        why = "An account has about 600 requests a minute."
        more = ""
    if principal.is_anonymous:
        return why, f"or sign in, which allows {more}."
    return why, "and request larger pages instead of more of them."

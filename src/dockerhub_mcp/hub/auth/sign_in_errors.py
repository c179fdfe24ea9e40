"""Errors of signing in, each with its likely reason and a remedy."""

from __future__ import annotations

import re

from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.durations import format_seconds
from dockerhub_mcp.hub.error_advice import PAT_SETTINGS_URL
from dockerhub_mcp.hub.errors import (
    InvalidRequest,
    SecondFactorRequired,
    SignInError,
    SignInLocked,
    SignInRefused,
    SignInRequired,
    SignInUnavailable,
)

SIGN_IN_HELP = (
    "Set DOCKERHUB_USERNAME and DOCKERHUB_TOKEN (a personal access token; or the organization's name and its "
    "access token), or pass a name and secret."
)
DOCKER_SIGN_IN_HELP = f"Run `docker login` in a terminal, and this server uses that. Or: {SIGN_IN_HELP}"
SHARED_REFUSAL_ADVICE = (
    "A secret that is valid again is still refused for 24 hours or more, also after a restart; a new one is "
    "sent at once."
)
"""Advice for a refused secret where a store keeps the refusal for all replicas."""
_ACCOUNT_SETTINGS_URL = "https://app.docker.com/settings"
_LOCK_DURATION = 900.0  # seconds; locks of 10 to 15 minutes are reported
_MAX_WAIT = 3600.0
_NUMBER_WORDS = {"a": 1, "an": 1, "one": 1, "two": 2, "five": 5, "ten": 10, "fifteen": 15, "thirty": 30}
_UNIT_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_WAIT = re.compile(
    rf"\b(\d{{1,6}}|{'|'.join(_NUMBER_WORDS)})\s*-?(s|secs?|seconds?|mins?|minutes?|hours?)\b", re.IGNORECASE
)
_LOGIN_WORD = re.compile(r"log[ -]?in|sign[ -]?in|attempt|authent|password|fail")
_NOT_RETRIED = "It is not retried automatically: Docker locks the name after a few failures."


def fixed_identity_error() -> InvalidRequest:
    """Return the error of a call with a secret to a server of which the account cannot be changed."""
    what = "This server accepts no secret from a call: its Hub account is configured outside."
    why = "Several callers may share it, and one must not change the account of the others."
    remedy = "Call create_auth_token without arguments to see the account."
    return InvalidRequest(what, why=why, remedy=remedy)


def missing_credentials_error(remedy: str) -> SignInRequired:
    """Return the error of a client that has no credentials to sign in with."""
    what = "There are no credentials to sign in with: the client is anonymous, which is enough to read "
    return SignInRequired(f"{what}public repositories and tags.", remedy=remedy)


def second_factor_error(username: str, *, fixed_identity: bool) -> SecondFactorRequired:
    """Return the error of a sign-in that the Hub completes only with a one-time code.

    Args:
        username: The account.
        fixed_identity: Whether calls cannot change the account, so that no code can be passed.
    """
    if fixed_identity:
        what = f"The account {username} has two-factor authentication: here its password is not enough."
        return SecondFactorRequired(what, remedy="Use a personal access token, which needs no code.")
    what = f"The account {username} has two-factor authentication; the sign-in waits for a one-time code."
    remedy = "Call complete_2fa_login with the code, or use a personal access token, which needs none."
    return SecondFactorRequired(what, remedy=remedy)


def refused_sign_in_error(
    username: str,
    kind: CredentialKind,
    hub_message: str,
    *,
    is_legacy_login: bool,
    fixed_identity: bool = False,
    is_docker_login: bool = False,
) -> SignInRefused:
    """Return the error of a refused sign-in.

    Args:
        username: The name that was sent.
        kind: The kind of the secret that was sent.
        hub_message: The Hub's message.
        is_legacy_login: Whether the deprecated login route was used.
        fixed_identity: Whether calls cannot change the account.
        is_docker_login: Whether the credentials come from `docker login`.
    """
    what = f"Docker Hub refused to sign in {username} with this {kind}."
    if is_legacy_login and kind is CredentialKind.OAT:
        why = "This route does not accept organizations."
        remedy = "Use create_auth_token for organization access tokens."
    elif "organization account" in hub_message.lower():
        why = "This is an organization's name: organizations sign in only with their access tokens."
        remedy = _choose_user_remedy(fixed_identity=fixed_identity, is_docker_login=is_docker_login)
    else:
        why = f"{_REASONS.get(kind, _REASONS[CredentialKind.PASSWORD])} {_NOT_RETRIED}"
        remedy = _choose_remedy(kind, fixed_identity=fixed_identity, is_docker_login=is_docker_login)
    return SignInRefused(what, hub_message=hub_message, why=why, remedy=remedy)


def invalid_name_error(
    username: str, hub_message: str, *, fixed_identity: bool, is_docker_login: bool
) -> SignInRefused:
    """Return the error of a sign-in that the Hub did not accept because of its form (400)."""
    what = f"Docker Hub refused to sign in {username}: the name or the secret has a form that it rejects."
    if "@" not in username:
        why = f"The name must be a Docker ID, or an organization's name for its access token. {_NOT_RETRIED}"
        return SignInRefused(what, hub_message=hub_message, why=why, remedy="Correct the name or the secret.")
    what = f"Docker Hub refused to sign in {username}: that is an e-mail address."
    why = "The API accepts only the Docker ID as the user name."
    where = _name_setting(fixed_identity=fixed_identity, is_docker_login=is_docker_login)
    remedy = f"Use the Docker ID, shown at {_ACCOUNT_SETTINGS_URL}{where}."
    return SignInRefused(what, hub_message=hub_message, why=why, remedy=remedy)


def locked_error(
    username: str, kind: CredentialKind, hub_message: str, retry_after: float | None
) -> SignInLocked:
    """Return the error of a sign-in under a name that Docker has locked.

    Args:
        username: The name that was sent.
        kind: The kind of the secret that was sent.
        hub_message: The Hub's message.
        retry_after: Seconds to wait, where a header of the response names them.
    """
    what = f"Docker Hub refused to sign in {username} with this {kind}."
    why = (
        "Docker has locked the name after too many failed sign-ins: until the lock ends, even the right "
        "secret fails. This is not the general rate limit."
    )
    wait = retry_after or _parse_wait(hub_message)
    usual = "" if wait else " (a lock lasts 10 to 15 minutes)"
    remedy = f"Stop every client that still holds the old secret, then wait{usual}."
    return SignInLocked(
        what, hub_message=hub_message, why=why, remedy=remedy, retry_after=wait or _LOCK_DURATION
    )


def too_many_failures_error(
    username: str, failures: int, last_error: SignInError | None, retry_after: float
) -> SignInLocked:
    """Return the error of a sign-in that was not sent, because too many under its name have failed."""
    what = (
        f"The sign-in as {username} was not sent: {failures} failed within 10 minutes, and this server lets "
        "no more fail, because Docker locks the name after a few."
    )
    why = f"The last failure: {last_error.what}" if last_error else ""
    hub_message = last_error.hub_message if last_error else ""
    remedy = "Correct the secret meanwhile." if isinstance(last_error, SignInRefused) else ""
    return SignInLocked(what, hub_message=hub_message, why=why, remedy=remedy, retry_after=retry_after)


def unavailable_error(
    username: str,
    reason: str,
    *,
    why: str = "",
    remedy: str = "",
    hub_message: str = "",
    retry_after: float | None = None,
    is_outage: bool = False,
    is_sent: bool = True,
) -> SignInUnavailable:
    """Return the error of a failed sign-in that says nothing about the secret.

    Args:
        username: The name that was sent.
        reason: What happened, as a clause.
        why: The likely reason.
        remedy: What to do.
        hub_message: The Hub's message.
        retry_after: Seconds to wait that the Hub asked for.
        is_outage: Whether the Hub itself failed.
        is_sent: Whether the secret may have reached the Hub.
    """
    error = SignInUnavailable(
        f"The sign-in as {username} failed: {reason}.",
        why=why,
        remedy=remedy,
        hub_message=hub_message,
        retry_after=retry_after,
    )
    error.is_outage, error.is_sent = is_outage, is_sent
    return error


def unfinished_error(limit: float) -> SignInUnavailable:
    """Return the error of a sign-in with the configured account that took longer than a number of seconds."""
    reason = f"it was not finished within {format_seconds(limit)}"
    return unavailable_error("the configured account", reason)


def unusable_bearer_error(username: str, host: str) -> SignInUnavailable:
    """Return the error of a bearer token that the Hub issued and does not accept."""
    reason = f"{host} does not accept the bearer token that it issued"
    return unavailable_error(username, reason, why="This is a fault of the Hub; the secret is right.")


def rejected_session_error(username: str) -> SignInRefused:
    """Return the error of a stored session that the Hub refused, where Docker stores no access token."""
    what = f"The Hub did not accept the session of docker login as {username}."
    return SignInRefused(
        what, why="It may have been ended.", remedy="Run `docker login` again in a terminal."
    )


def rejected_code_error(username: str, hub_message: str) -> SignInRefused:
    """Return the error of a one-time code that the Hub refused."""
    what = f"The Hub did not accept the one-time code for {username}."
    remedy = "Call create_auth_token (or login) again, then send a fresh code at once."
    return SignInRefused(what, hub_message=hub_message, remedy=remedy)


def is_lock_message(hub_message: str, status: int) -> bool:
    """Return whether a refusal reports a locked name, as opposed to the general rate limit."""
    message = hub_message.lower()
    if "locked" in message:
        return True
    return "too many" in message and (status == 401 or _LOGIN_WORD.search(message) is not None)  # noqa: PLR2004


def is_signing_outage(hub_message: str) -> bool:
    """Return whether a refusal reports that the Hub cannot verify its own tokens."""
    message = hub_message.lower()
    return "trusted cert" in message or "failed to validate jwt" in message


def _parse_wait(hub_message: str) -> float | None:
    """Return the seconds to wait that a message names, such as "in 10 minutes"."""
    found = _WAIT.search(hub_message)
    if found is None:
        return None
    number = _NUMBER_WORDS.get(found[1].lower()) or int(found[1])
    return min(_MAX_WAIT, max(1, number) * _UNIT_SECONDS[found[2][0].lower()]) or None


_REASONS = {
    CredentialKind.OAT: (
        "The token may be revoked, expired or inactive, or the name is not the organization's."
    ),
    CredentialKind.PAT: "The token may be revoked, expired or inactive, or belong to another account.",
    CredentialKind.PASSWORD: (
        "The password may be wrong, or the organization enforces single sign-on, which accepts none."
    ),
}


def _choose_user_remedy(*, fixed_identity: bool, is_docker_login: bool) -> str:
    name = _name_setting(fixed_identity=fixed_identity, is_docker_login=is_docker_login)
    return f"Use an organization access token, or a member's Docker ID with its secret{name}."


def _name_setting(*, fixed_identity: bool, is_docker_login: bool) -> str:
    """Return where the name is configured, as the end of a remedy; nothing where the caller knows."""
    if fixed_identity:
        return ""
    return ", with `docker login -u NAME`" if is_docker_login else ", as DOCKERHUB_USERNAME"


def _choose_remedy(kind: CredentialKind, *, fixed_identity: bool, is_docker_login: bool) -> str:
    if kind is CredentialKind.OAT:
        if fixed_identity:
            return "The Docker ID must be the organization's name; check the token in its settings."
        if is_docker_login:
            how = "with the organization's name as the username, and check the token in its settings."
            return f"Run `docker login -u ORGANIZATION` {how}"
        return "Set DOCKERHUB_USERNAME to the organization's name and check the token in its settings."
    if kind is CredentialKind.PAT:
        if fixed_identity:
            return f"Check it at {PAT_SETTINGS_URL} and correct it, or the Docker ID, where they come from."
        if is_docker_login:
            return f"Check it at {PAT_SETTINGS_URL}, and run `docker login` again."
        return f"Check it at {PAT_SETTINGS_URL} and correct DOCKERHUB_USERNAME or DOCKERHUB_TOKEN."
    how = ", with `docker login -u NAME`" if is_docker_login else ""
    return f"Use a personal access token, created at {PAT_SETTINGS_URL}{how}."


def no_pending_sign_in_error() -> SignInRequired:
    """Return the error for a one-time code that no sign-in waits for."""
    what = "No sign-in is waiting for a one-time code."
    return SignInRequired(what, remedy="Call create_auth_token (or login) first, then send a fresh code.")

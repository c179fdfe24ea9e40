"""Errors of signing in, each with its likely reason and a remedy."""

from __future__ import annotations

from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.error_advice import PAT_SETTINGS_URL
from dockerhub_mcp.hub.errors import SecondFactorRequired, SignInRefused, SignInRequired

SIGN_IN_HELP = (
    "Set DOCKERHUB_USERNAME and DOCKERHUB_TOKEN (a personal access token; or the organization's name and its "
    "access token), or pass a name and secret."
)
DOCKER_SIGN_IN_HELP = f"Run `docker login` in a terminal, and this server uses that. Or: {SIGN_IN_HELP}"
_NOT_RETRIED = "It is not retried automatically: Docker locks the name after a few failures."


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
    lowered_message = hub_message.lower()
    if "too many" in lowered_message or "locked" in lowered_message:
        why = "After a few failures Docker locks the name for ten minutes; even the right secret fails then."
        remedy = "Wait ten minutes, then sign in once with the right secret."
    elif is_legacy_login and (kind is CredentialKind.OAT or "organization" in lowered_message):
        why = "This route does not accept organizations."
        remedy = "Use create_auth_token for organization access tokens."
    else:
        why = f"{_REASONS.get(kind, _REASONS[CredentialKind.PASSWORD])} {_NOT_RETRIED}"
        remedy = _choose_remedy(kind, fixed_identity=fixed_identity, is_docker_login=is_docker_login)
    return SignInRefused(what, hub_message=hub_message, why=why, remedy=remedy)


_REASONS = {
    CredentialKind.OAT: (
        "The token may be revoked, expired or inactive, or the name is not the organization's."
    ),
    CredentialKind.PAT: "The token may be revoked, expired or inactive, or belong to another account.",
    CredentialKind.PASSWORD: (
        "The password may be wrong, or the organization enforces single sign-on, which accepts none."
    ),
}


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

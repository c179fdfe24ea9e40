"""Errors of signing in, each with its likely reason and remedy."""

from __future__ import annotations

from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.error_mapping import PAT_SETTINGS_URL
from dockerhub_mcp.hub.errors import SignInRequired

SIGN_IN_HELP = (
    "Set DOCKERHUB_USERNAME and DOCKERHUB_TOKEN (a personal access token; or the organization's name and its "
    "access token), or pass a name and secret."
)
DOCKER_SIGN_IN_HELP = f"Run `docker login` in a terminal, and this server uses that. Or: {SIGN_IN_HELP}"


def missing_credentials_error(remedy: str) -> SignInRequired:
    """Return the error of a client without credentials to sign in with."""
    what = "There is nothing to sign in with: the client is anonymous, which is enough to read "
    return SignInRequired(f"{what}public repositories and tags.", remedy=remedy)


def sign_in_refusal_advice(
    kind: CredentialKind,
    hub_message: str,
    *,
    is_legacy_login: bool,
    fixed_identity: bool = False,
    is_docker_login: bool = False,
) -> tuple[str, str]:
    """Return the likely reason and the remedy of a refused sign-in.

    Args:
        kind: What was refused.
        hub_message: The Hub's words.
        is_legacy_login: Whether it was the older way to sign in.
        fixed_identity: As above.
        is_docker_login: Whether Docker keeps the login.
    """
    words = hub_message.lower()
    if "too many" in words or "locked" in words:
        why = "After a few failures Docker locks the name for ten minutes; even the right secret fails then."
        return why, "Wait ten minutes, then sign in once with the right secret."
    if is_legacy_login and (kind is CredentialKind.OAT or "organization" in words):
        return "This route takes no organizations.", "Use create_auth_token for organization access tokens."
    never = "It is not sent again by itself: Docker locks the name after a few failures."
    if kind is CredentialKind.OAT:
        why = f"The token may be revoked, expired or inactive, or the name is not the organization's. {never}"
        if fixed_identity:
            return why, "The Docker ID must be the organization's name; check the token in its settings."
        if is_docker_login:
            how = "with the organization's name as the user name, and check the token in its settings."
            return why, f"Run `docker login -u ORGANIZATION` {how}"
        return why, "Set DOCKERHUB_USERNAME to the organization's name and check the token in its settings."
    if kind is CredentialKind.PAT:
        why = f"The token may be revoked, expired or inactive, or belong to another account. {never}"
        if fixed_identity:
            return (
                why,
                f"Check it at {PAT_SETTINGS_URL} and correct it, or the Docker ID, where they come from.",
            )
        if is_docker_login:
            return why, f"Check it at {PAT_SETTINGS_URL}, and run `docker login` again."
        return why, f"Check it at {PAT_SETTINGS_URL} and correct DOCKERHUB_USERNAME or DOCKERHUB_TOKEN."
    why = f"The password may be wrong, or the organization enforces single sign-on, which takes none. {never}"
    how = ", with `docker login -u NAME`" if is_docker_login else ""
    return why, f"Use a personal access token, made at {PAT_SETTINGS_URL}{how}."

"""The account that calls use, as its sign-in describes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dockerhub_mcp.hub import CredentialKind, Hub, HubError
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.error_advice import FIXED_IDENTITY_NOTICE, PAT_SETTINGS_URL
from dockerhub_mcp.hub.errors import (
    CredentialError,
    SecondFactorRequired,
    SignInError,
    SignInUnavailable,
    Unauthorized,
)
from dockerhub_mcp.hub.models import SignInStatus
from dockerhub_mcp.tools.results.sanitize import error_text
from dockerhub_mcp.tools.tool_states import CredentialGrants


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """The account.

    Attributes:
        principal: The account; anonymous where there are no credentials, or the sign-in failed.
        sign_in: What the sign-in returned; None without one.
        error: Why the credentials are not in use; None where they are, or an anonymous client has none.
    """

    principal: Principal
    sign_in: SignInStatus | None = None
    error: HubError | None = None

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that the Hub named at sign-in."""
        return tuple((self.sign_in and self.sign_in.scopes) or ())

    def after_requests(self, hub: Hub, rejections: Sequence[Unauthorized] = ()) -> AccountFacts:
        """Return the account as it is after requests: the Hub may refuse the bearer token that it issued.

        Args:
            hub: The client.
            rejections: The errors of requests with that bearer token. Those of an anonymous caller had none,
                so they say nothing about a sign-in.
        """
        rejection = None if self.principal.is_anonymous else next(iter(rejections), None)
        error = hub.credential_error or rejection
        return self if self.error is not None or error is None else AccountFacts(hub.principal, error=error)

    def build_grants(self, *, has_scim_token: bool) -> CredentialGrants | None:
        """Return what the credentials allow; None where the Hub has not judged them."""
        if self.error is not None and not is_judged(self.error):
            return None
        return CredentialGrants(self.principal.kind, self.scopes, has_scim_token)


async def read_account(hub: Hub) -> AccountFacts:
    """Sign in where there are credentials, and return the account; a failed sign-in is a fact as well."""
    try:
        sign_in = await hub.sign_in()
    except HubError as error:
        return AccountFacts(hub.principal, error=error)
    return AccountFacts(hub.principal, sign_in)


def is_judged(error: HubError) -> bool:
    """Tell whether a failed sign-in says something about the credentials: calls are then anonymous."""
    if isinstance(error, SignInUnavailable):
        return False
    return isinstance(error, SignInError | CredentialError | SecondFactorRequired)


def describe_principal(principal: Principal) -> str:
    """Return the account and how it is signed in, as a phrase."""
    if principal.is_anonymous:
        return "anonymous: public repositories and tags"
    name = principal.username
    if principal.kind is CredentialKind.OAT:
        name = f"the organization {name}"
    return f"{name}, signed in with {principal.kind.with_article}"


def describe_token_expiry(kind: CredentialKind) -> str:
    """Return where the expiry of an access token can be seen; empty for other credentials."""
    if kind is CredentialKind.PAT:
        return f"{PAT_SETTINGS_URL} shows when it expires; the Hub's API does not"
    if kind is CredentialKind.OAT:
        return "only owners see it, in the settings of the organization"
    return ""


def describe_expiry(facts: AccountFacts) -> str:
    """Return when the credentials expire, or that this is unknown; empty for a password."""
    kind, sign_in = facts.principal.kind, facts.sign_in
    if kind is CredentialKind.SESSION and sign_in and sign_in.expires_at:
        return f"{sign_in.expires_at:%Y-%m-%d %H:%M}Z; Docker's command line renews the session"
    where = describe_token_expiry(kind)
    return f"unknown: {where}" if where else ""


def describe_sign_in_problem(facts: AccountFacts) -> str:
    """Return why the credentials are not in use; empty where they are.

    Callers that share a server do not learn where its operator keeps secrets.
    """
    if facts.error is None:
        return ""
    if isinstance(facts.error, CredentialError) and facts.principal.fixed_identity:
        return "The credentials of this server cannot be read; its operator sees why with `doctor`."
    return error_text(facts.error)


def describe_way_to_sign_in(principal: Principal) -> str:
    """Return how to sign in, for an anonymous caller."""
    if principal.fixed_identity:
        return FIXED_IDENTITY_NOTICE
    return "To sign in, set DOCKERHUB_USERNAME and DOCKERHUB_TOKEN, or call create_auth_token."

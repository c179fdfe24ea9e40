"""The account of a Hub client, lent to the clients of other services that take the same name and secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.auth.authenticator import Authenticator
from dockerhub_mcp.hub.auth.credentials import read_checked_secret
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.auth.sign_in_guard import SignInGuard
from dockerhub_mcp.hub.redaction import Redactor

if TYPE_CHECKING:
    from dockerhub_mcp.hub.auth.replicas.sign_ins import SharedSignIns

T = TypeVar("T")

_SESSION_ONLY = (
    "Docker's login holds only the session of a browser login, which signs in to the Hub's API and to no "
    "registry"
)


class Login(NamedTuple):
    """The name and secret of an account; both are empty for an anonymous one.

    Attributes:
        username: The user name, or the organization's name for its access token.
        secret: The password or access token.
        principal: The account, for messages.
        is_docker_login: Whether they come from `docker login`.
        anonymous_reason: Why there is no secret although an account is configured, as a clause; else empty.
    """

    username: str
    secret: str
    principal: Principal
    is_docker_login: bool = False
    anonymous_reason: str = ""

    def __repr__(self) -> str:
        """Return the account without the secret."""
        return f"Login({self.username!r}, principal={self.principal!r})"

    @property
    def is_anonymous(self) -> bool:
        """Whether there is no secret."""
        return not self.secret

    def drop_secret(self, reason: str) -> Login:
        """Return the anonymous login to use where the secret must not be sent.

        Args:
            reason: Why it must not, as a clause.
        """
        principal = Principal("", CredentialKind.ANONYMOUS, self.principal.fixed_identity)
        return Login("", "", principal, anonymous_reason=reason)


class Account:
    """The account of a Hub client, which may change while the program runs.

    Attributes:
        guard: The memory of failed sign-ins, which every service that takes the secret must ask and tell.
        redactor: Masks the secrets of the client.
        shared_sign_ins: What replicas know of one another's sign-ins; None for one process alone.

    Args:
        authenticator: Holds the credentials.
        guard: The memory of failed sign-ins.
        redactor: Learns the secret when it is read.
        shared_sign_ins: What replicas know of one another's sign-ins; None for one process alone.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        guard: SignInGuard,
        redactor: Redactor,
        shared_sign_ins: SharedSignIns | None = None,
    ) -> None:
        self._authenticator = authenticator
        self._clients: dict[object, Any] = {}
        self.guard = guard
        self.redactor = redactor
        self.shared_sign_ins = shared_sign_ins

    def get_client(self, service: object, create: Callable[[Account], T]) -> T:
        """Return the client of another service for this account, created on first use and kept with it.

        Args:
            service: The service, of which the account has one client.
            create: Creates the client.
        """
        if service not in self._clients:
            self._clients[service] = create(self)
        client: T = self._clients[service]
        return client

    async def fetch_login(self) -> Login:
        """Return the present name and secret, looked up again where they may have changed.

        Raises:
            CredentialError: They cannot be read or used.
        """
        credentials = self._authenticator.credentials
        is_fixed = self._authenticator.principal.fixed_identity
        anonymous = Principal("", CredentialKind.ANONYMOUS, is_fixed)
        if credentials is None:
            return Login("", "", anonymous)
        await credentials.refresh()
        if not credentials.has_secret:
            reason = "" if credentials.is_absent else _SESSION_ONLY
            return Login("", "", anonymous, anonymous_reason=reason)
        name, secret = await read_checked_secret(credentials, self.redactor)
        principal = Principal(name, CredentialKind.from_secret(secret), is_fixed)
        return Login(name, secret, principal, is_docker_login=credentials.is_docker_login)

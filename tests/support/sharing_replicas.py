"""Replicas within one process: clients with a memory of their own that share sign-ins through a state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.auth.sign_in_guard import SignInGuard
from dockerhub_mcp.shared.errors import StoreUnavailable
from dockerhub_mcp.shared.keys import KeyRing
from dockerhub_mcp.shared.sign_ins import StoredSignIns
from tests.support.fixture_types import MakeHub

NEW_KEY, OLD_KEY = b"n" * 32, b"o" * 32


def share(state: Any, *keys: bytes) -> StoredSignIns:
    """Return what a replica with some keys knows of the sign-ins of others."""
    return StoredSignIns(state, KeyRing(keys or (NEW_KEY,)))


class Replica:
    """A process with one account, or one for each call.

    Args:
        make_hub: Creates clients of the sandbox.
        state: The state that replicas share; None for a process alone.
        keys: The keys of the replica.
        options: Options of each client, such as the clock.
    """

    def __init__(self, make_hub: MakeHub, state: Any, *keys: bytes, **options: Any) -> None:
        self._make_hub = make_hub
        guard_options = {"clock": options["clock"]} if "clock" in options else {}
        self._options = {
            "sign_in_guard": SignInGuard(**guard_options),
            "shared_sign_ins": None if state is None else share(state, *keys),
            "fixed_identity": True,
            **options,
        }

    def hub(self, name: str, secret: str) -> Hub:
        """Return a new client of the replica with an account."""
        return self._make_hub(credentials=Credentials.from_strings(name, secret), **self._options)

    def as_identity(self, identity: str) -> Hub:
        """Return a new client of the replica with a sample account."""
        return self._make_hub(identity, **self._options)


class WatchedState:
    """Passes commands to a state, records their arguments, and lets some of them fail.

    Attributes:
        commands: The name and the arguments of each command.
        before: What happens just before the first command of a name.
        fails: Returns whether the command with a number fails.
        is_carried_out: Whether commands that fail are carried out all the same.
    """

    is_available = True

    def __init__(self, state: Any) -> None:
        self._state = state
        self.commands: list[tuple[Any, ...]] = []
        self.before: dict[str, Callable[[], Awaitable[Any]]] = {}
        self.fails: Callable[[int], bool] = lambda _number: False
        self.is_carried_out = False

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._state, name)

        async def run(*args: Any, **options: Any) -> Any:
            number = len(self.commands)
            self.commands.append((name, *args, *options.values()))
            if prepare := self.before.pop(name, None):
                await prepare()
            if not self.fails(number):
                return await method(*args, **options)
            if self.is_carried_out:
                await method(*args, **options)
            msg = "the store is down"
            raise StoreUnavailable(msg)

        return run

    def names_of_commands(self) -> list[str]:
        """Return the names of the commands so far."""
        return [command[0] for command in self.commands]

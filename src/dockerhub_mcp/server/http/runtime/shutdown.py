"""Word that the server is about to stop, for those who serve."""

from __future__ import annotations

import anyio


class ShutdownEvent:
    """Begins once and never ends: what would go on for ever ends itself then, the rest is finished."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    @property
    def has_started(self) -> bool:
        """Tell whether the server is about to stop."""
        return self._event.is_set()

    def start_shutdown(self) -> None:
        """Tell everybody who waits; from the event loop that they wait in."""
        self._event.set()

    async def wait(self) -> None:
        """Return when the server is about to stop."""
        await self._event.wait()

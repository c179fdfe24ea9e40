"""Word that the server is about to stop, for those who serve."""

from __future__ import annotations

import anyio


class Drain:
    """Begins once and never ends: what would go on for ever ends itself then, the rest is finished."""

    def __init__(self) -> None:
        self._begun = anyio.Event()

    @property
    def begun(self) -> bool:
        """Tell whether the server is about to stop."""
        return self._begun.is_set()

    def begin(self) -> None:
        """Tell everybody who waits; from the event loop that they wait in."""
        self._begun.set()

    async def wait(self) -> None:
        """Return when the server is about to stop."""
        await self._begun.wait()

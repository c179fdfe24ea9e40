"""Connect to the store that replicas share, and examine it."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from dockerhub_mcp.bootstrap.store_settings import read_store_url
from dockerhub_mcp.config import Settings
from dockerhub_mcp.shared.errors import StoreUnavailable
from dockerhub_mcp.shared.local import LocalState
from dockerhub_mcp.shared.state import SharedState

_PATIENCE = 5.0  # seconds for a command of the doctor
logger = logging.getLogger(__name__)


def build_shared_state(url: str) -> SharedState:
    """Return the state in the store with a URL; without one, that in the memory of this process.

    Nothing is sent to the store yet.
    """
    if not url:
        return LocalState()
    from dockerhub_mcp.shared.redis_state import RedisState  # noqa: PLC0415 - an extra

    return RedisState(url)


async def announce_shared_state(state: SharedState) -> None:
    """Log that this server shares state, after a warning if the store is unavailable when it starts."""
    with suppress(StoreUnavailable):
        await state.check()
    logger.info("sharing state with other replicas through a store")


class StoreReport(NamedTuple):
    """What the doctor finds out about the store.

    Attributes:
        reason: Why the store is unavailable; empty if it is available.
        version: Its name and version; empty if it does not tell.
        milliseconds: How long the connection and a first change took.
    """

    reason: str = ""
    version: str = ""
    milliseconds: int = 0


async def examine_store(settings: Settings, environment: Mapping[str, str]) -> StoreReport:
    """Connect to the store that the settings name, and try whether it accepts a change.

    Raises:
        SettingsError: The settings of the store cannot be used.
    """
    from dockerhub_mcp.shared.redis_state import RedisState  # noqa: PLC0415 - an extra

    state = RedisState(read_store_url(settings, environment), timeout=_PATIENCE)
    started_at = time.perf_counter()
    try:
        await state.check()
        milliseconds = round((time.perf_counter() - started_at) * 1000)
        version = ""
        with suppress(StoreUnavailable):  # its account may not be allowed to ask
            version = await state.fetch_version()
    except StoreUnavailable as error:
        return StoreReport(reason=error.reason)
    finally:
        await state.aclose()
    return StoreReport(version=version, milliseconds=milliseconds)

"""The state that replicas share: in memory, and in a real store."""

from __future__ import annotations

import pytest

from dockerhub_mcp.shared.local import LocalState


@pytest.fixture
def shared_state() -> LocalState:
    """Return an empty state."""
    return LocalState()

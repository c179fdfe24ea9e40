"""Fixtures of these tests."""

from __future__ import annotations

import pytest

from dockerhub_mcp.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Sandbox:
    """A sandbox without rate limits, which would slow down a client that sends hundreds of requests."""
    return Sandbox(anonymous_limit=None, signed_in_limit=None)

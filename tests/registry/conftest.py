"""A fake registry for the tests of the client."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.fake_registry import FakeRegistry


@pytest.fixture
async def fake() -> AsyncIterator[FakeRegistry]:
    """Return a registry with the public repository acme/api and the private repository ada/secret."""
    registry = FakeRegistry()
    api = registry.add_repository("acme/api")
    api.add_index(
        api.add_image(architecture="amd64"),
        api.add_image(architecture="arm64"),
        tag="1.0",
    )
    api.add_image(tag="single")
    secret = registry.add_repository("ada/secret", readers={"ada"})
    secret.add_image(tag="latest", config={"User": "hidden"})
    yield registry
    await registry.pool.aclose()

"""Fixtures for all tests: sandboxes and Hub clients connected to them."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.sandbox import Sandbox, serve_async
from tests.support.fixture_types import QUICK, Clock, MakeHub
from tests.support.property_testing import register_profiles

TESTS = Path(__file__).parent
_IS_MEASURING = pytest.StashKey[bool]()

register_profiles()

# Keep the developer's own Docker login out of the tests. Set before any test module copies the environment.
os.environ["DOCKER_CONFIG"] = tempfile.mkdtemp(prefix="no-docker-logins-")
os.environ.pop("DOCKER_AUTH_CONFIG", None)
atexit.register(shutil.rmtree, os.environ["DOCKER_CONFIG"], ignore_errors=True)


MEASURED = ("cli/", "docs/test_token_costs.py", "hub/", "install/", "server/test_", "tools/")
UNMEASURED = ("tools/results/test_fuzz.py",)
"""Where the tests are of the packages whose branch coverage `.ci/run` checks, and which of them add nothing to it."""


MARKS = {
    "conformance": "e2e",
    "docs": "docs",
    "protocol": "e2e",
    "test_benchmarks.py": "perf",
    "test_packaging.py": "docs",
}
"""Marks of all tests of a folder or a file."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if mark := MARKS.get(item.path.relative_to(TESTS).parts[0]):
            item.add_marker(mark)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure coverage, where it is measured at all, in the tests of MEASURED alone: it doubles their time."""
    plugin = item.config.pluginmanager.getplugin("_cov")
    if plugin is not None and (controller := plugin.cov_controller) is not None:
        path = item.path.relative_to(TESTS).as_posix()
        measured = (
            path.startswith(MEASURED) and path not in UNMEASURED and item.get_closest_marker("perf") is None
        )
        if measured != item.config.stash.get(_IS_MEASURING, True):
            item.config.stash[_IS_MEASURING] = measured
            controller.resume() if measured else controller.pause()
    return (yield)


@pytest.fixture(autouse=True)
def restore_logging() -> Iterator[None]:
    """Undo what a program run in this process does to the configuration of logging."""
    root, ours = logging.getLogger(), logging.getLogger("dockerhub_mcp")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


@pytest.fixture
async def make_hub(sandbox: Sandbox) -> AsyncIterator[MakeHub]:
    """Return a factory of clients of the sandbox.

    The argument `identity` is the name of a sample identity, or None for anonymous access.
    """
    hubs: list[Hub] = []

    def make(identity: str | None = None, **options: Any) -> Hub:
        credentials = options.pop("credentials", None)
        if identity is not None:
            account = sandbox.get_identity(identity)
            credentials = Credentials.from_strings(account.username, account.secret)
        settings: dict[str, Any] = {
            "base_url": "http://localhost",
            "httpx_transport": httpx.ASGITransport(app=sandbox.app),
            "retry_policy": QUICK,
        }
        hub = Hub(credentials, **(settings | options))
        hubs.append(hub)
        return hub

    yield make
    for hub in hubs:
        await hub.aclose()


@pytest.fixture
async def sandbox_url(sandbox: Sandbox) -> AsyncIterator[str]:
    """Serve the sandbox over a real socket."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve_async(sandbox, port=0, on_ready=ready.set_result))
    yield await asyncio.wait_for(ready, 10)
    serving.cancel()
    await asyncio.wait({serving})

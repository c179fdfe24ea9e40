"""Fixtures for all tests: sandboxes and Hub clients connected to them."""

from __future__ import annotations

import asyncio
import atexit
import gc
import importlib
import importlib.util
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import suppress
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
_PROCESS_VARIABLES = pytest.StashKey[dict[str, str]]()

register_profiles()

# Keep the developer's own Docker login out of the tests. Set before any test module copies the environment.
os.environ["DOCKER_CONFIG"] = tempfile.mkdtemp(prefix="no-docker-logins-")
os.environ.pop("DOCKER_AUTH_CONFIG", None)
atexit.register(shutil.rmtree, os.environ["DOCKER_CONFIG"], ignore_errors=True)


# argparse would look for translations of each of its texts, which takes a third of the time to build a parser.
os.environ["LANGUAGE"] = "C"


# Where Python is set not to keep compiled files, every program that a test starts would compile the package again.
# Workers of pytest-xdist inherit the environment.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    sys.dont_write_bytecode = False


# The ASGI transport of httpx2 tries to import it with every request, which searches the whole path where it is missing.
if importlib.util.find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]


# A suite that is started in the background may ignore these signals, and programs inherit that.
for _number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number == signal.SIGINT else signal.SIG_DFL)


MEASURED = (
    "cli/",
    "docs/test_token_costs.py",
    "hub/",
    "install/",
    "registry/",
    "server/test_",
    "shared/",
    "tools/",
)
UNMEASURED = (
    "tools/cleanup/applying/test_faults.py",
    "tools/results/test_facts.py",
    "tools/results/test_fuzz.py",
    "tools/results/test_sanitize.py",
    "tools/test_list_reducer.py",
)
"""The tests of the packages whose branch coverage `.ci/run` checks, without those that add nothing to it."""


MARKS = {
    "conformance": "e2e",
    "docs": "docs",
    "protocol": "e2e",
    "test_benchmarks.py": "perf",
    "test_packaging.py": "docs",
}
"""Marks of all tests of a folder or a file."""


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Spend less on the garbage collector, which otherwise takes a quarter of the run time.

    What the collection of tests builds stays until the end, so it is never searched; what tests build is mostly
    freed by its reference counts.
    """
    gc.disable()
    try:
        _import_tests(session.config)
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
        gc.set_threshold(20_000, 20, 50)


def _import_tests(config: pytest.Config) -> None:
    """Import all tests in a worker of pytest-xdist before it collects them, each worker beginning at another place.

    Collecting them in the same order at the same time, all workers would compile each module that is new; so each
    compiles its part and loads the others. Whatever fails here, fails again when pytest imports it, and is reported.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None or [Path(argument).resolve() for argument in config.args] != [TESTS]:
        return
    files = sorted(TESTS.rglob("test_*.py"))
    first = len(files) * int(worker.removeprefix("gw")) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    for file in files[first:] + files[:first]:
        with suppress(Exception, pytest.skip.Exception):
            importlib.import_module(".".join(file.relative_to(TESTS.parent).with_suffix("").parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if mark := MARKS.get(item.path.relative_to(TESTS).parts[0]):
            item.add_marker(mark)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """With `--cov`, measure coverage only in the tests of MEASURED: measuring doubles their run time."""
    plugin = item.config.pluginmanager.getplugin("_cov")
    if plugin is not None and (controller := plugin.cov_controller) is not None:
        path = item.path.relative_to(TESTS).as_posix()
        measured = (
            path.startswith(MEASURED) and path not in UNMEASURED and item.get_closest_marker("perf") is None
        )
        if measured != item.config.stash.get(_IS_MEASURING, True):
            item.config.stash[_IS_MEASURING] = measured
            controller.resume() if measured else controller.pause()
            if measured:
                variables: dict[str, str] = item.config.stash[_PROCESS_VARIABLES]
                os.environ.update(variables)
            else:
                item.config.stash[_PROCESS_VARIABLES] = _remove_coverage_variables()
    return (yield)


def _remove_coverage_variables() -> dict[str, str]:
    """Remove the variables with which processes that a test starts measure coverage, and return them."""
    names = [name for name in os.environ if name.startswith("COVERAGE_PROCESS_")]
    return {name: os.environ.pop(name) for name in names}


@pytest.fixture(autouse=True)
def restore_logging() -> Iterator[None]:
    """Undo what a program run in this process, by a test or by a fixture, does to the configuration of logging."""
    _reset_logging()
    yield
    _reset_logging()


def _reset_logging() -> None:
    root = logging.getLogger()
    root.handlers[:] = [
        handler for handler in root.handlers if type(handler).__module__.startswith("_pytest.")
    ]
    root.setLevel(logging.WARNING)
    logging.getLogger("dockerhub_mcp").setLevel(logging.NOTSET)
    logging.captureWarnings(False)  # noqa: FBT003 - a positional parameter of the standard library


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

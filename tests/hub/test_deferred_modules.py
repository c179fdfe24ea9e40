"""Modules that are initialized when something of them is first asked for."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dockerhub_mcp.hub.deferred_modules import defer_initialization

PACKAGE = """
import time
time.sleep(0.01)
runs.append(1)
from deferred_sample.inner import VALUE
def double(number): return 2 * number
"""


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a deferred package with an inner module; `runs` says how often it was initialized."""
    folder = tmp_path / "deferred_sample"
    folder.mkdir()
    (folder / "__init__.py").write_text(PACKAGE)
    (folder / "inner.py").write_text("VALUE = 7")
    monkeypatch.syspath_prepend(tmp_path)
    defer_initialization("deferred_sample", "double")
    module = sys.modules["deferred_sample"]
    vars(module)["runs"] = []
    yield module
    for name in ("deferred_sample", "deferred_sample.inner"):
        sys.modules.pop(name, None)


def test_a_module_of_the_package_is_imported_alone(sample: Any) -> None:
    from deferred_sample.inner import VALUE  # type: ignore[import-not-found]  # noqa: PLC0415

    assert (VALUE, sample.runs) == (7, [])


def test_an_attribute_initializes_the_package_once(sample: Any) -> None:
    assert (sample.VALUE, sample.VALUE, sample.runs) == (7, 7, [1])


def test_a_function_can_be_imported_before(sample: Any) -> None:
    from deferred_sample import double  # type: ignore[import-not-found]  # noqa: PLC0415

    assert sample.runs == []
    assert (double(2), double(3), sample.double(4), sample.runs) == (4, 6, 8, [1])


def test_a_missing_attribute_is_an_error(sample: Any) -> None:
    with pytest.raises(AttributeError, match="deferred_sample"):
        sample.missing  # noqa: B018 - it is looked up
    assert sample.runs == [1]


def test_threads_wait_for_the_initialization(sample: Any) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(sample.VALUE)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, sample.runs) == ([7] * 8, [1])


def test_a_failed_initialization_is_tried_again(sample: Any) -> None:
    runs = vars(sample).pop("runs")
    with pytest.raises(NameError):
        sample.VALUE  # noqa: B018 - it is looked up
    vars(sample)["runs"] = runs
    assert sample.VALUE == 7


@pytest.mark.parametrize("name", ["json", "no_such_module"])
def test_loaded_and_missing_modules_stay_as_they_are(name: str) -> None:
    before: ModuleType | None = sys.modules.get(name)
    defer_initialization(name)
    assert sys.modules.get(name) is before


def test_libraries_are_complete_when_they_are_asked_for() -> None:
    program = """
import sys
from dockerhub_mcp.hub.deferred_modules import defer_initialization
defer_initialization("importlib.metadata", "entry_points")
from dockerhub_mcp.hub.transport import httpcore_parts
assert "socksio" not in sys.modules and "email" not in sys.modules
import importlib.metadata
import httpx2, httpcore2
assert httpcore2.AsyncConnectionPool is httpcore_parts.AsyncConnectionPool
assert httpx2.AsyncHTTPTransport()._pool.__class__ is httpcore2.AsyncConnectionPool
assert [getattr(httpcore2, name) for name in httpcore2.__all__]
assert importlib.metadata.version("httpcore2") == httpcore2.__version__
assert importlib.metadata.entry_points(group="no such group") == ()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("", "")

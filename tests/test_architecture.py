"""The rooms stay apart: who may import whom."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "dockerhub_mcp"

# What each room may import: rooms of ours, and libraries that the others may not.
ROOMS = {
    "hub": {"hub"},
    "tools": {"hub", "tools"},
    "server": {"config", "hub", "tools", "server"},
    "sandbox": {"sandbox"},
    "install": {"config", "install"},
    "cli": {
        "__version__",
        "bootstrap",
        "cli",
        "config",
        "doctor",
        "hub",
        "install",
        "logs",
        "sandbox",
        "server",
        "tools",
    },
}
ALONE = {"install"}
"""Rooms that need the standard library and nothing else."""
LIBRARIES = {
    "mcp": {"cli", "server"},
    "mcp_types": {"server"},
    "uvicorn": {"server", "sandbox"},
    "starlette": {"server", "sandbox"},
    "jwt": {"sandbox", "server"},
    "opentelemetry": {"server"},
    "rich": {"cli"},
    "httpx2": {
        "bootstrap",
        "cli",
        "hub",
        "server",
    },  # the server asks for the keys of an authorization server
}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            found |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return found


def files() -> list[tuple[str, Path]]:
    return [(path.relative_to(SOURCE).parts[0].removesuffix(".py"), path) for path in SOURCE.rglob("*.py")]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_below_it(room: str) -> None:
    for where, path in files():
        if where != room:
            continue
        for name in imports(path):
            if name.startswith("dockerhub_mcp."):
                other = name.split(".")[1]
                assert other in ROOMS[room] | {"__version__"}, f"{path.name} in {room} imports {name}"


def test_only_the_server_knows_the_sdk_and_only_the_client_speaks_http() -> None:
    for where, path in files():
        for name in imports(path):
            allowed = LIBRARIES.get(name.split(".")[0])
            assert allowed is None or where in allowed, f"{path.name} in {where} imports {name}"


def test_rooms_that_stand_alone_import_no_library() -> None:
    for where, path in files():
        if where in ALONE:
            for name in imports(path):
                root = name.split(".")[0]
                assert root in sys.stdlib_module_names or root == "dockerhub_mcp", (
                    f"{path.name} imports {name}"
                )


def test_nothing_imports_the_command_line() -> None:
    for where, path in files():
        if where not in {"cli", "__main__"}:
            assert not any(name.startswith("dockerhub_mcp.cli.main") for name in imports(path)), path


def test_only_config_reads_the_environment() -> None:
    # The demo looks at NO_COLOR and FORCE_COLOR, which are the terminal's and no settings of ours.
    readers = {
        path.name
        for _, path in files()
        if any(word in path.read_text("utf-8") for word in ("os.environ", "getenv"))
    }
    assert readers == {"config.py", "demo.py"}


def test_files_stay_small() -> None:
    long = {path.name: n for _, path in files() if (n := len(path.read_text("utf-8").splitlines())) > 320}
    assert not long

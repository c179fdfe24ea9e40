"""Import rules between packages, the absence of import cycles, and the sizes of files and folders."""

from __future__ import annotations

import ast
import sys
from collections import Counter

import pytest

from tests.support.source_tree import PACKAGE, ROOT, SOURCE, find_cycles, load_modules

ALLOWED_IMPORTS = {
    "config": {"setting_values"},
    "setting_values": set(),
    "hub": set(),
    "registry": {"hub"},
    "sandbox": set(),
    "shared": {"hub"},
    "tools": {"hub", "registry"},
    "log_file": set(),
    "logs": {"hub", "log_file", "tools"},
    "install": {"config", "hub"},
    "server": {"config", "hub", "registry", "skills", "tools"},
    "skills": set(),
    "bootstrap": {
        "config",
        "hub",
        "log_file",
        "logs",
        "registry",
        "sandbox",
        "server",
        "shared",
        "tools",
    },
    "doctor": {"bootstrap", "config", "hub", "logs", "registry", "tools"},
    "cli": {
        "bootstrap",
        "config",
        "doctor",
        "hub",
        "install",
        "logs",
        "sandbox",
        "server",
        "setting_values",
        "skills",
        "tools",
    },
    "__main__": {"cli"},
}
"""For each package and top-level module, which others it may import, anywhere: inside functions too."""

STANDARD_LIBRARY_ONLY = {"config", "install", "setting_values"}
"""Packages that import nothing outside the standard library and this project."""

LIBRARY_USERS = {
    "aiohttp": {"hub"},
    "httpcore2": {"hub"},
    "httpx2": {"bootstrap", "cli", "hub", "server"},
    "jwt": {"sandbox", "server"},
    "mcp": {"cli", "server"},
    "mcp_types": {"cli", "server"},
    "opentelemetry": {"server"},
    "prometheus_client": {"server"},
    "pydantic": {"hub", "server", "tools"},
    "redis": {"shared"},
    "rich": {"cli"},
    "starlette": {"bootstrap", "sandbox", "server"},
    "uvicorn": {"sandbox", "server"},
}
"""Libraries that only some packages may import."""

ENVIRONMENT_READERS = {"config.py"}
"""Modules that read `os.environ`."""

MAX_LINES = 320
MAX_FILES = 20
LARGE_FOLDERS = {"hub/methods", "sandbox/handlers"}
"""Folders with one file per area of the API, which may hold more files than others."""


def test_every_package_has_its_rule() -> None:
    packages = {module.package for module in load_modules().values()} - {PACKAGE}
    assert packages == set(ALLOWED_IMPORTS)


@pytest.mark.parametrize("package", ALLOWED_IMPORTS)
def test_a_package_imports_only_the_packages_below_it(package: str) -> None:
    allowed = ALLOWED_IMPORTS[package] | {package, "__version__"}
    for module in load_modules().values():
        if module.package != package:
            continue
        for name in (each.name for each in module.imports if each.name.startswith(f"{PACKAGE}.")):
            assert name.split(".")[1] in allowed, f"{module.name} imports {name}"


def test_the_rules_form_no_cycle() -> None:
    below = {package: set(allowed) for package, allowed in ALLOWED_IMPORTS.items()}
    while below:
        leaves = {package for package, allowed in below.items() if not allowed & below.keys()}
        assert leaves, f"these packages may import one another: {sorted(below)}"
        below = {package: allowed for package, allowed in below.items() if package not in leaves}


def test_no_modules_import_one_another() -> None:
    assert find_cycles(at_import_time=False) == []


def test_a_library_is_imported_only_where_it_belongs() -> None:
    for module in load_modules().values():
        for each in module.imports:
            users = LIBRARY_USERS.get(each.name.split(".")[0])
            assert users is None or module.package in users, f"{module.name} imports {each.name}"


def test_some_packages_need_only_the_standard_library() -> None:
    for module in load_modules().values():
        if module.package in STANDARD_LIBRARY_ONLY:
            for each in module.imports:
                root = each.name.split(".")[0]
                assert root in sys.stdlib_module_names or root == PACKAGE, (
                    f"{module.name} imports {each.name}"
                )


def test_only_the_entry_point_imports_the_main_function() -> None:
    for module in load_modules().values():
        if module.package not in {"cli", "__main__"}:
            assert not any(each.name.startswith(f"{PACKAGE}.cli.main") for each in module.imports), (
                module.name
            )


def test_only_config_reads_the_environment() -> None:
    readers = {
        module.path.name
        for module in load_modules().values()
        for node in ast.walk(ast.parse(module.path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"}
    }
    assert readers == ENVIRONMENT_READERS


def test_files_stay_small() -> None:
    lines = {
        str(module.path.relative_to(SOURCE)): len(module.path.read_text("utf-8").splitlines())
        for module in load_modules().values()
    }
    assert {path: count for path, count in lines.items() if count > MAX_LINES} == {}


def test_folders_stay_small() -> None:
    files = Counter(str(module.path.parent.relative_to(SOURCE)) for module in load_modules().values())
    crowded = {folder for folder, count in files.items() if count > MAX_FILES}
    assert crowded - LARGE_FOLDERS == set()


def test_tests_share_code_only_through_the_support_package() -> None:
    tests = ROOT / "tests"
    for path in tests.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tests"):
                names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names if alias.name.startswith("tests")]
            else:
                continue
            for name in names:
                assert not _is_test_module(name), f"{path.relative_to(tests)} imports {name}"


def _is_test_module(name: str) -> bool:
    parts = name.split(".")
    file = ROOT.joinpath(*parts).with_suffix(".py")
    return file.is_file() and (parts[-1].startswith("test_") or parts[-1] == "conftest")


def test_support_modules_hold_no_tests() -> None:
    for path in (ROOT / "tests" / "support").rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        found = [
            node.name
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        ]
        assert found == [], path.name

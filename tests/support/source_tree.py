"""The modules of the package, what each imports, and where imports form a cycle."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "dockerhub_mcp"
PACKAGE = "dockerhub_mcp"


@dataclass(frozen=True, slots=True)
class Import:
    """An import statement's target.

    Attributes:
        name: The dotted name of the module or of the attribute imported from it.
        at_import_time: Whether the statement runs when its module is imported: not inside a function, and not
            for type checkers alone.
    """

    name: str
    at_import_time: bool


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the package, parsed."""

    name: str
    path: Path
    imports: frozenset[Import]

    @property
    def package(self) -> str:
        """The subpackage or top-level module that the module belongs to, `hub` for example."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else PACKAGE


@cache
def load_modules() -> Mapping[str, Module]:
    """Return the package's modules by their dotted names."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = (PACKAGE, *path.relative_to(SOURCE).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        tree = ast.parse(path.read_text("utf-8"))
        found[name] = Module(name, path, frozenset(_find_imports(tree, path, at_import_time=True)))
    return found


def _find_imports(node: ast.AST, path: Path, *, at_import_time: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(alias.name, at_import_time) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{path}: a relative import"
        yield Import(node.module or "", at_import_time)
        yield from (Import(f"{node.module}.{alias.name}", at_import_time) for alias in node.names)
    elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        for statement in node.body:
            yield from _find_imports(statement, path, at_import_time=False)
        for statement in node.orelse:
            yield from _find_imports(statement, path, at_import_time=at_import_time)
    else:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            at_import_time = False
        for child in ast.iter_child_nodes(node):
            yield from _find_imports(child, path, at_import_time=at_import_time)


def find_cycles(*, at_import_time: bool) -> list[list[str]]:
    """Return the groups of modules that import one another.

    Args:
        at_import_time: Whether to follow only the imports that run when a module is imported. Otherwise imports
            inside functions and for type checkers count too.

    A package's `__init__` is left out: importing any of its modules runs it, whatever they import.
    """
    modules = load_modules()
    graph = {
        name: [
            each.name
            for each in module.imports
            if each.name in modules and each.name != name and (each.at_import_time or not at_import_time)
        ]
        for name, module in modules.items()
        if module.path.name != "__init__.py"
    }
    return [sorted(group) for group in _find_components(graph) if len(group) > 1]


def _find_components(graph: Mapping[str, list[str]]) -> list[list[str]]:
    """Return the strongly connected components of a graph (Tarjan's algorithm)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph[node]:
            if other not in graph:
                continue
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            at = stack.index(node)
            found.append(stack[at:])
            del stack[at:]

    for node in graph:
        if node not in index:
            visit(node)
    return found

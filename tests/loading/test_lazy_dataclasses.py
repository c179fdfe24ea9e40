"""Dataclasses whose methods are compiled when first needed behave as those of the standard library."""

from __future__ import annotations

import copy
import dataclasses
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from dockerhub_mcp.loading import lazy_dataclasses

T = TypeVar("T")


@lazy_dataclasses.dataclass(frozen=True, slots=True)
class Base:
    name: str
    sizes: list[int] = lazy_dataclasses.field(default_factory=list)


def _declare(module: Any) -> dict[str, type[Any]]:
    """Return the same classes, declared with one of the two modules."""
    dataclass, field = module.dataclass, module.field

    @dataclass(frozen=True, slots=True)
    class Frozen:
        name: str
        secret: str = field(repr=False)
        size: int = 3
        source: str = field(default="here", compare=False)
        tags: list[str] = field(default_factory=list, compare=False)
        kind: ClassVar[str] = "frozen"

        @property
        def title(self) -> str:
            return f"{self.name} {self.kind}"

    @dataclass(slots=True)
    class Mutable(Generic[T]):
        value: T
        seen: list[T] = field(default_factory=list)
        count: int = field(default=0, init=False)

    @dataclass(slots=True, eq=False)
    class Plain:
        name: str = "x"

    @dataclass(frozen=True, kw_only=True, slots=True)
    class Keywords:
        second: int
        first: int = 1

    @dataclass(frozen=True, slots=True)
    class Derived(Frozen):
        size: int = 4
        extra: int = 5

    @dataclass(frozen=True, slots=True)
    class Checked:
        size: int
        double: int = field(default=0, init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "double", 2 * self.size)

        def __repr__(self) -> str:
            return "checked"

    @dataclass
    class WithDictionary:
        name: str
        size: int = 1

    @dataclass(frozen=True)
    class FrozenWithDictionary:
        name: str = "x"

    @dataclass(frozen=True, slots=True)
    class Empty:
        pass

    @dataclass(frozen=True, slots=True)
    class Unhashable:
        name: str = "x"
        __hash__ = None  # type: ignore[assignment]

    @dataclass(frozen=True, slots=True)
    class WithEq:  # noqa: PLW1641 - as is tested
        name: str = "x"

        def __eq__(self, other: object) -> bool:
            return isinstance(other, WithEq)

    @dataclass(init=False, repr=False)
    class OwnInit:
        name: str

        def __init__(self, first: str, last: str) -> None:
            self.name = f"{first} {last}"

    classes = (
        Frozen,
        Mutable,
        Plain,
        Keywords,
        Derived,
        Checked,
        WithDictionary,
        FrozenWithDictionary,
        Empty,
        Unhashable,
        WithEq,
        OwnInit,
    )
    return {cls.__name__: cls for cls in classes}


STANDARD, LAZY = _declare(dataclasses), _declare(lazy_dataclasses)
USES: dict[str, Callable[[dict[str, type[Any]]], Any]] = {
    "repr": lambda c: repr(c["Frozen"]("a", "hidden", 1)),
    "own repr": lambda c: repr(c["Checked"](2)),
    "defaults": lambda c: dataclasses.astuple(c["Frozen"]("a", "b")),
    "factory": lambda c: c["Frozen"]("a", "b").tags is c["Frozen"]("a", "b").tags,
    "missing": lambda c: c["Frozen"]("a"),
    "unknown": lambda c: c["Frozen"]("a", "b", other=1),
    "too many": lambda c: c["WithDictionary"]("a", 1, 2),
    "not in init": lambda c: c["Mutable"](1, [], 2),
    "keywords only": lambda c: c["Keywords"](1, 2),
    "keywords": lambda c: repr(c["Keywords"](second=2)),
    "equal": lambda c: c["Frozen"]("a", "b", source="x") == c["Frozen"]("a", "b", source="y"),
    "unequal": lambda c: c["Frozen"]("a", "b") == c["Frozen"]("a", "c"),
    "other class": lambda c: c["Frozen"]("a", "b") == c["Derived"]("a", "b", 3),
    "identity": lambda c: c["Plain"]() == c["Plain"](),
    "hash": lambda c: hash(c["Frozen"]("a", "b", source="x")) == hash(c["Frozen"]("a", "b", source="y")),
    "hash of mutable": lambda c: hash(c["Mutable"](1)),
    "hash without eq": lambda c: isinstance(hash(c["Plain"]()), int),
    "set of frozen": lambda c: setattr(c["Frozen"]("a", "b"), "name", "c"),
    "delete of frozen": lambda c: delattr(c["Frozen"]("a", "b"), "name"),
    "set of new with dictionary": lambda c: setattr(c["FrozenWithDictionary"](), "another", "c"),
    "set of derived": lambda c: setattr(c["Derived"]("a", "b"), "name", "c"),
    "mutable": lambda c: setattr(c["Mutable"](1), "value", 2),
    "no dictionary": lambda c: hasattr(c["Frozen"]("a", "b"), "__dict__"),
    "slots": lambda c: [vars(each)["__slots__"] for name, each in c.items() if name in {"Frozen", "Derived"}],
    "class attribute": lambda c: (c["WithDictionary"].size, c["Frozen"].kind),
    "derived": lambda c: repr(c["Derived"]("a", "b")),
    "post init": lambda c: c["Checked"](2).double,
    "replace": lambda c: repr(dataclasses.replace(c["Frozen"]("a", "b"), size=9)),
    "fields": lambda c: [
        (each.name, each.init, each.repr, each.compare, each.kw_only, dict(each.metadata))
        for cls in c.values()
        for each in dataclasses.fields(cls)
    ],
    "is_dataclass": lambda c: dataclasses.is_dataclass(c["Empty"]),
    "asdict": lambda c: dataclasses.asdict(c["Frozen"]("a", "b")),
    "match": lambda c: [cls.__match_args__ for cls in c.values()],
    "copy": lambda c: copy.copy(c["Frozen"]("a", "b", 7)).size,
    "empty": lambda c: (c["Empty"]() == c["Empty"](), repr(c["Empty"]())),
    "name": lambda c: [(cls.__name__, cls.__module__) for cls in c.values()],
    "generic": lambda c: repr(c["Mutable"][int](1)),
    "unhashable": lambda c: hash(c["Unhashable"]()),
    "own eq": lambda c: (c["WithEq"]("a") == c["WithEq"]("b"), isinstance(hash(c["WithEq"]("a")), int)),
    "own init": lambda c: (c["OwnInit"]("a", "b").name, "__repr__" in vars(c["OwnInit"])),
    "property": lambda c: c["Frozen"]("a", "b").title,
}


@pytest.mark.parametrize("use", USES)
def test_a_class_behaves_as_with_the_standard_decorator(use: str) -> None:
    for _ in range(2):  # the methods are compiled, and then compiled already
        assert _describe(use, LAZY) == _describe(use, STANDARD)


def _describe(use: str, classes: dict[str, type[Any]]) -> Any:
    try:
        return USES[use](classes)
    except (TypeError, AttributeError) as error:
        return type(error), str(error)


def test_a_standard_dataclass_may_derive_from_one() -> None:
    @dataclasses.dataclass(frozen=True, slots=True)
    class Derived(Base):
        size: int = 4

    assert repr(Derived("a")).endswith("Derived(name='a', sizes=[], size=4)")


def test_an_instance_can_be_copied() -> None:
    assert copy.deepcopy(Base("a", [1])) == Base("a", [1])


def test_declaring_and_using_a_class_does_not_load_the_standard_module() -> None:
    program = (
        "import sys; from dockerhub_mcp.config import Settings; print(Settings().port, "
        "'dataclasses' in sys.modules, 'inspect' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("8000 False False\n", "")


LIBRARIES = """
import dataclasses, sys
from contextlib import nullcontext
from dockerhub_mcp.loading.library_dataclasses import lazy_library_dataclasses
with lazy_library_dataclasses() if {lazy} else nullcontext():
    import anyio, annotated_types, h11, pydantic.types, pydantic.json_schema, pydantic.fields
if {lazy}:
    assert hasattr(annotated_types.Gt, "__lazy_dataclass_fields__")
for name, module in sorted(sys.modules.items()):
    for cls in sorted({{each for each in vars(module).values() if isinstance(each, type)}}, key=repr):
        if cls.__module__ == name and "__dataclass_fields__" in vars(cls):
            fields = [
                (each.name, repr(each.default), repr(each.default_factory), each.init, each.repr, each.compare)
                for each in dataclasses.fields(cls)
            ]
            members = [each for each in ("__eq__", "__hash__", "__repr__", "__init__") if vars(cls).get(each)]
            print(cls, fields, members, vars(cls).get("__slots__"), cls.__match_args__)
print(annotated_types.Interval(gt=1, le=2), annotated_types.Gt(1) == annotated_types.Gt(1))
print(h11.Request(method="GET", target="/", headers=[("host", "a")]))
"""


def test_the_classes_of_libraries_are_as_with_the_standard_decorator() -> None:
    lazy, standard = (
        subprocess.run(
            [sys.executable, "-c", LIBRARIES.format(lazy=lazy)], capture_output=True, text=True, check=True
        ).stdout
        for lazy in (True, False)
    )
    assert lazy.count("<class 'pydantic") > 20
    assert _without_addresses(lazy) == _without_addresses(standard)


def _without_addresses(text: str) -> str:
    return re.sub(r" at 0x[0-9a-f]+", "", text)

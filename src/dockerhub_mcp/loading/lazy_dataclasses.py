"""Dataclasses that compile their methods when they are first needed.

The decorator of the standard library writes and compiles up to eight methods of each class, which takes half
a millisecond and 15 KiB, and it loads `inspect`. A server declares dozens of such classes before its first
result and creates instances of few. Type checkers and `dataclasses` take these classes for standard ones.
Not supported: `order`, `unsafe_hash`, `InitVar`, and bases that the standard decorator made.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from types import MappingProxyType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import dataclasses

_MISSING: Any = object()
_NO_METADATA: Mapping[Any, Any] = MappingProxyType({})
OWN_FIELDS = "__lazy_dataclass_fields__"


class _Field:
    """A field of a class, with the attributes of `dataclasses.Field`."""

    __slots__ = (
        "compare",
        "default",
        "default_factory",
        "init",
        "kw_only",
        "metadata",
        "name",
        "repr",
        "type",
    )

    def __init__(
        self,
        *,
        default: Any = _MISSING,
        default_factory: Any = _MISSING,
        init: bool = True,
        repr: bool = True,
        compare: bool = True,
        metadata: Mapping[Any, Any] | None = None,
        kw_only: bool = False,
    ) -> None:
        self.name = self.type = ""
        self.default, self.default_factory = default, default_factory
        self.init, self.repr, self.compare, self.kw_only = init, repr, compare, kw_only
        self.metadata = _NO_METADATA if metadata is None else MappingProxyType(dict(metadata))


def _declare_dataclass(
    declared: type[Any] | None = None,
    /,
    *,
    frozen: bool = False,
    slots: bool = False,
    kw_only: bool = False,
    eq: bool = True,
    init: bool = True,
    repr: bool = True,
) -> Any:
    """Declare a dataclass, as `dataclasses.dataclass` does."""

    def decorate(cls: type[Any]) -> type[Any]:
        own = _read_fields(cls, kw_only=kw_only, keeps_defaults=not slots)
        fields: dict[str, _Field] = {}
        for base in cls.__mro__[:0:-1]:
            fields |= vars(base).get(OWN_FIELDS, {})
        fields |= own
        if slots:
            cls = _add_slots(cls, own)
        setattr(cls, OWN_FIELDS, fields)
        kept = set(vars(cls)) | {name for name, made in (("__init__", init), ("__repr__", repr)) if not made}
        if "__eq__" in kept and vars(cls).get("__hash__") is None:
            kept.discard("__hash__")  # Python has set it to None
        for name, value in _list_members(cls, fields, frozen=frozen, slots=slots, eq=eq):
            if name not in kept:
                setattr(cls, name, value)
        return cls

    return decorate if declared is None else decorate(declared)


def _read_fields(cls: type[Any], *, kw_only: bool, keeps_defaults: bool) -> dict[str, _Field]:
    """Return the fields that the body of a class declares, and remove their declarations from it."""
    fields = {}
    for name, annotation in vars(cls).get("__annotations__", {}).items():
        if str(annotation).startswith(("ClassVar", "typing.ClassVar")):
            continue
        default = getattr(cls, name, _MISSING)
        each = _convert_default(default)
        each.name, each.type, each.kw_only = name, annotation, each.kw_only or kw_only
        fields[name] = each
        if keeps_defaults and each.default is not _MISSING:
            setattr(cls, name, each.default)
        elif default is not _MISSING and name in vars(cls) and not isinstance(default, MemberDescriptorType):
            delattr(cls, name)
    return fields


def _convert_default(value: Any) -> _Field:
    """Return the field that a class declares by the value of an attribute."""
    if isinstance(value, _Field):
        return value
    if isinstance(value, MemberDescriptorType):  # of a slot, and so no default
        return _Field()
    standard = sys.modules.get("dataclasses")
    if standard is None or not isinstance(value, standard.Field):
        return _Field(default=value)
    options = {name: getattr(value, name) for name in ("init", "repr", "compare", "metadata")}
    for name in ("default", "default_factory"):
        if getattr(value, name) is not standard.MISSING:
            options[name] = getattr(value, name)
    return _Field(**options, kw_only=value.kw_only is True)


def _add_slots(cls: type[Any], own: Mapping[str, _Field]) -> type[Any]:
    """Return the class with slots for its own fields; a class cannot get them afterwards."""
    taken = {name for base in cls.__mro__[1:-1] for name in vars(base).get("__slots__", ())}
    body = {name: value for name, value in vars(cls).items() if name not in {"__dict__", "__weakref__"}}
    body["__slots__"] = tuple(name for name in own if name not in taken)
    made: type[Any] = cast("Any", type(cls))(cls.__name__, cls.__bases__, body)
    made.__qualname__ = cls.__qualname__
    return made


def _list_members(
    cls: type[Any], fields: Mapping[str, _Field], *, frozen: bool, slots: bool, eq: bool
) -> Iterator[tuple[str, Any]]:
    """Yield the methods and attributes that a dataclass gets unless it defines them, with their names."""
    yield "__dataclass_fields__", _StandardFields()
    yield "__dataclass_params__", _Parameters(frozen=frozen)
    yield "__match_args__", tuple(each.name for each in fields.values() if each.init and not each.kw_only)
    yield "__init__", _create_init(cls, fields, frozen=frozen, slots=slots)
    yield "__repr__", _represent
    if eq:
        get_values = _create_getter([each.name for each in fields.values() if each.compare])
        yield "__eq__", _create_eq(get_values)
        yield "__hash__", _create_hash(get_values) if frozen else None
    if frozen:
        yield "__setattr__", _create_refusal(cls, fields, "assign to", object.__setattr__)
        yield "__delattr__", _create_refusal(cls, fields, "delete", object.__delattr__)
        if slots:
            yield "__getstate__", _get_state
            yield "__setstate__", _set_state


def _create_init(
    cls: type[Any], fields: Mapping[str, _Field], *, frozen: bool, slots: bool
) -> Callable[..., None]:
    """Return an `__init__` that compiles the real one, which replaces it."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - it is the method
        compiled = _compile_init(cls, list(fields.values()), frozen=frozen, slots=slots)
        cls.__init__ = compiled
        compiled(self, *args, **kwargs)

    return __init__


def _compile_init(cls: type[Any], fields: list[_Field], *, frozen: bool, slots: bool) -> Callable[..., None]:
    names: dict[str, Any] = {"_MISSING": _MISSING, "_set": object.__setattr__}
    parameters: list[str] = []
    keywords: list[str] = []
    lines = ["pass"]
    for each in fields:
        name, value = each.name, each.name
        parameter = name
        if each.default_factory is not _MISSING:
            names[f"_new_{name}"] = each.default_factory
            parameter = f"{name}=_MISSING"
            value = f"_new_{name}() if {name} is _MISSING else {name}" if each.init else f"_new_{name}()"
        elif each.default is not _MISSING:
            names[f"_default_{name}"] = each.default
            parameter = f"{name}=_default_{name}"
            value = name if each.init else f"_default_{name}"
        elif not each.init:
            continue
        if each.init:
            (keywords if each.kw_only else parameters).append(parameter)
        if slots:
            names[f"_set_{name}"] = getattr(cls, name).__set__
            lines.append(f"_set_{name}(self, {value})")
        else:
            lines.append(f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    signature = ", ".join(["self", *parameters, *(["*", *keywords] if keywords else [])])
    source = f"def __init__({signature}):\n " + "\n ".join(lines)
    exec(source, names)  # noqa: S102 - the names are those of fields in our source code
    compiled: Callable[..., None] = names["__init__"]
    compiled.__qualname__ = f"{cls.__qualname__}.__init__"
    return compiled


def _create_getter(names: list[str]) -> Callable[[Any], Any]:
    return attrgetter(*names) if names else lambda _: ()


def _create_eq(get_values: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    def __eq__(self: Any, other: Any) -> Any:  # noqa: N807 - it is the method
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self is other or get_values(self) == get_values(other)

    return __eq__


def _create_hash(get_values: Callable[[Any], Any]) -> Callable[[Any], int]:
    def __hash__(self: Any) -> int:  # noqa: N807 - it is the method
        return hash(get_values(self))

    return __hash__


def _create_refusal(
    cls: type[Any], fields: Mapping[str, _Field], verb: str, change: Callable[..., None]
) -> Callable[..., None]:
    """Return a method that changes no field, and other attributes only of subclasses."""

    def refuse(self: Any, name: str, *value: Any) -> None:
        if type(self) is cls or name in fields:
            from dataclasses import FrozenInstanceError  # noqa: PLC0415 - loads `inspect`

            msg = f"cannot {verb} field {name!r}"
            raise FrozenInstanceError(msg)
        change(self, name, *value)

    return refuse


def _represent(self: Any) -> str:
    shown = (each for each in getattr(self, OWN_FIELDS).values() if each.repr)
    values = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in shown)
    return f"{self.__class__.__qualname__}({values})"


def _get_state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in getattr(self, OWN_FIELDS)]


def _set_state(self: Any, state: list[Any]) -> None:
    for name, value in zip(getattr(self, OWN_FIELDS), state, strict=True):
        object.__setattr__(self, name, value)


class _Parameters:
    """What `dataclasses` asks of the base of a class."""

    __slots__ = ("frozen",)

    def __init__(self, *, frozen: bool) -> None:
        self.frozen = frozen


class _StandardFields:
    """The fields of a class as `dataclasses` knows them, made when they are asked for."""

    __slots__ = ()

    def __get__(self, instance: object, owner: type[Any]) -> dict[str, dataclasses.Field[Any]]:
        made = {name: _make_standard_field(each) for name, each in getattr(owner, OWN_FIELDS).items()}
        owner.__dataclass_fields__ = made
        return made


def _make_standard_field(each: _Field) -> dataclasses.Field[Any]:
    import dataclasses  # noqa: PLC0415 - loads `inspect`

    options: dict[str, Any] = {
        name: getattr(each, name) for name in ("init", "repr", "compare", "metadata", "kw_only")
    }
    for name in ("default", "default_factory"):
        if getattr(each, name) is not _MISSING:
            options[name] = getattr(each, name)
    made: dataclasses.Field[Any] = dataclasses.field(**options)
    made.name, made.type = each.name, each.type
    made._field_type = dataclasses._FIELD  # type: ignore[attr-defined] # noqa: SLF001 - as its decorator does
    return made


def _list_fields(cls: Any) -> tuple[Any, ...]:
    """Return the fields of a class that was declared here, as `dataclasses.fields` does."""
    return tuple(getattr(cls, OWN_FIELDS).values())


if TYPE_CHECKING:
    from dataclasses import dataclass, field, fields
else:
    dataclass, field, fields = _declare_dataclass, _Field, _list_fields

__all__ = ["OWN_FIELDS", "dataclass", "field", "fields"]

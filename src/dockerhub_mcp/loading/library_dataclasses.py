"""Make the dataclasses of libraries lazy, as those of `lazy_dataclasses`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dockerhub_mcp.loading import lazy_dataclasses

_SUPPORTED_OPTIONS = {"frozen", "slots", "kw_only", "eq", "init", "repr"}


@contextmanager
def lazy_library_dataclasses() -> Iterator[None]:
    """Let libraries that are imported meanwhile get such classes too, where they ask for nothing unusual."""
    standard = dataclasses.dataclass

    def declare(cls: type[Any] | None = None, /, **options: Any) -> Any:
        def decorate(declared: type[Any]) -> type[Any]:
            is_usual = options.keys() <= _SUPPORTED_OPTIONS and _has_usual_fields(declared)
            found: type[Any] = (lazy_dataclasses.dataclass if is_usual else standard)(declared, **options)
            return found

        return decorate if cls is None else decorate(cls)

    setattr(dataclasses, "dataclass", declare)  # noqa: B010 - type checkers refuse the assignment
    try:
        yield
    finally:
        setattr(dataclasses, "dataclass", standard)  # noqa: B010 - as above


def _has_usual_fields(cls: type[Any]) -> bool:
    """Return whether the fields of a class and of its bases are supported here."""
    annotations = vars(cls).get("__annotations__", {})
    return (
        all(
            lazy_dataclasses.OWN_FIELDS in vars(base)
            for base in cls.__mro__[1:]
            if "__dataclass_fields__" in vars(base)
        )
        and not any("InitVar" in str(each) or "KW_ONLY" in str(each) for each in annotations.values())
        and all(getattr(vars(cls).get(name), "hash", None) is None for name in annotations)
    )

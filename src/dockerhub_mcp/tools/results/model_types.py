"""Checks whether a value is one of the Hub's objects, for which `isinstance` with such a class takes long."""

from __future__ import annotations

from datetime import datetime
from typing import TypeGuard, TypeVar

from dockerhub_mcp.hub.models import HubModel

M = TypeVar("M", bound=HubModel)

SCALAR_TYPES = frozenset({str, int, bool, datetime})
"""The types of most values, which are no models."""
_IS_MODEL: dict[type, bool] = {}
_KNOWN: dict[tuple[type, type], bool] = {}


def is_model(value: object) -> TypeGuard[HubModel]:
    """Tell whether a value is one of the Hub's objects."""
    kind = type(value)
    known = _IS_MODEL.get(kind)
    if known is None:
        known = _IS_MODEL[kind] = issubclass(kind, HubModel)
    return known


def is_instance(value: object, model: type[M]) -> TypeGuard[M]:
    """Tell whether a value is an object of a model."""
    key = type(value), model
    known = _KNOWN.get(key)
    if known is None:
        known = _KNOWN[key] = issubclass(*key)
    return known


def is_omitted(value: object) -> bool:
    """Tell whether a value is an object that results omit, such as the image of a build attestation."""
    return is_model(value) and value.is_omitted

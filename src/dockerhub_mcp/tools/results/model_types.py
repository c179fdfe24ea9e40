"""Checks whether a value is one of the Hub's objects, for which `isinstance` with such a class takes long."""

from __future__ import annotations

from typing import TypeGuard

from dockerhub_mcp.hub.models import HubModel

_IS_MODEL: dict[type, bool] = {}


def is_model(value: object) -> TypeGuard[HubModel]:
    """Tell whether a value is one of the Hub's objects."""
    kind = type(value)
    known = _IS_MODEL.get(kind)
    if known is None:
        known = _IS_MODEL[kind] = issubclass(kind, HubModel)
    return known


def is_omitted(value: object) -> bool:
    """Tell whether a value is an object that results omit, such as the image of a build attestation."""
    return is_model(value) and value.is_omitted

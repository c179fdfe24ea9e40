"""Checks whether a value is one of the Hub's objects, for which `isinstance` with such a class takes long."""

from __future__ import annotations

from typing import TypeGuard

from dockerhub_mcp.hub.models import HubModel, Image

_IS_MODEL: dict[type, bool] = {}


def is_model(value: object) -> TypeGuard[HubModel]:
    """Tell whether a value is one of the Hub's objects."""
    kind = type(value)
    known = _IS_MODEL.get(kind)
    if known is None:
        known = _IS_MODEL[kind] = issubclass(kind, HubModel)
    return known


def is_attestation(value: object) -> bool:
    """Tell whether a value is the image of a build attestation, which results leave out."""
    return is_model(value) and isinstance(value, Image) and value.is_attestation

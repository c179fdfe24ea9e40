"""Name what a caller and an address may use at most, so that neither uses up what all share."""

from __future__ import annotations

from typing import NamedTuple

from starlette.types import Scope

from dockerhub_mcp.server.http.addresses import normalize_address
from dockerhub_mcp.server.http.scope_keys import LIMIT_KEY


class FairShare(NamedTuple):
    """The share of a caller or an address.

    Attributes:
        key: What the share is counted under.
        limit: The most that it may use.
        owner: The caller or the address, as the beginning of a sentence.
    """

    key: str
    limit: int
    owner: str


def list_shares(scope: Scope, max_per_caller: int, max_per_address: int) -> list[FairShare]:
    """Return the shares that an authenticated request counts towards."""
    address = normalize_address((scope.get("client") or ("",))[0])
    return [
        FairShare(f"caller {scope[LIMIT_KEY]}", max_per_caller, "This caller"),
        FairShare(f"address {address}", max_per_address, "This address"),
    ]

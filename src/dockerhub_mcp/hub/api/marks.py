"""Notes on the fields of a method."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """A note on a field, read by the client and by the contract with the official document."""

    name: str


LOCAL = Mark("local")
"""The field steers this client and is not sent."""

UNDOCUMENTED = Mark("undocumented")
"""The Hub takes this parameter although the official document leaves it out."""

HIDDEN = Mark("hidden")
"""The client fills the field in; callers are not offered it."""

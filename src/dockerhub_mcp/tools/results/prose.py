"""Sentences of this server in results, which texts show without the quotation marks of untrusted text."""

from __future__ import annotations

from typing import Any

from dockerhub_mcp.hub.models import HubModel, Shown
from dockerhub_mcp.tools.results.sanitize import sanitize_line


class Prose(HubModel):
    """A sentence of this server; names in it are quoted by the code that writes it."""

    text: str

    @property
    def summary_text(self) -> str:
        """The sentence, on one line."""
        return sanitize_line(self.text)


def mark_prose(values: dict[str, Any], shown: Shown, *names: str) -> None:
    """Turn texts in the values of a result into sentences of this server; data keep them as texts."""
    if shown.is_text:
        for name in names:
            if isinstance(text := values.get(name), str) and text:
                values[name] = Prose(text=text)

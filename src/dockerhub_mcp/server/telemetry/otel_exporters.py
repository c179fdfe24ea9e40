"""Describe where OpenTelemetry's signals are exported to."""

from __future__ import annotations

from typing import NamedTuple


class Exporters(NamedTuple):
    """The exporters that the `OTEL_*` variables select; none by default.

    Attributes:
        traces: Exporters of traces: `otlp` (over http/protobuf) or `console` (standard error).
        metrics: Exporters of metrics, likewise.
        unsupported: Variables with values that this program does not support.
        secrets: Header values, and user information in endpoints, which no log may contain.
    """

    traces: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return the exporters without the secrets."""
        return f"Exporters({self.traces!r}, {self.metrics!r}, unsupported={self.unsupported!r})"

    def __bool__(self) -> bool:
        return bool(self.traces or self.metrics or self.unsupported)

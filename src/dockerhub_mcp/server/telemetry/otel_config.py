"""What of OpenTelemetry is wanted, by its standard variables.

Only whether there is anything to do is read here, from the environment as `config.py` read it. The rest of
`OTEL_*` (endpoints, headers, deadlines, sampling, resource attributes, propagators, batches) is read by the
OpenTelemetry SDK itself, once it is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from dockerhub_mcp.server.telemetry.instrumentation import Observers

_OTLP_PREFIX = "OTEL_EXPORTER_OTLP_"
_SUPPORTED_EXPORTERS = ("otlp", "console")
_REQUIRED_MODULES = {"otlp": "opentelemetry.exporter.otlp.proto.http", "console": "opentelemetry.sdk"}


@dataclass(frozen=True, slots=True)
class Exporters:
    """Where OpenTelemetry's signals go; nowhere unless the variables say so.

    Attributes:
        traces: Exporters of traces, `otlp` (over http/protobuf) and `console` (standard error).
        metrics: Exporters of metrics.
        unsupported: Variables with their values, of which this program can make nothing.
        secrets: Values of headers, and what stands before the host of an address; no log may show them.
    """

    traces: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def __bool__(self) -> bool:
        return bool(self.traces or self.metrics or self.unsupported)


def read_exporters(environment: Mapping[str, str]) -> Exporters:
    """Read which exporters are wanted."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return Exporters()
    traces, strange = _read_signal_exporters("TRACES", environment)
    metrics, also_strange = _read_signal_exporters("METRICS", environment)
    unusable = tuple(dict.fromkeys(strange + also_strange))
    if not (traces or metrics or unusable):
        return Exporters()
    return Exporters(
        traces, metrics, unusable, tuple(dict.fromkeys(filter(None, _iter_secrets(environment))))
    )


def _read_signal_exporters(signal: str, environment: Mapping[str, str]) -> tuple[tuple[str, ...], list[str]]:
    """Return the exporters of a signal, and what is said about it but not known here."""
    variable = f"OTEL_{signal}_EXPORTER"
    names = [name.strip().lower() for name in environment.get(variable, "").split(",") if name.strip()]
    if not names and any(environment.get(f"{_OTLP_PREFIX}{part}ENDPOINT") for part in ("", f"{signal}_")):
        names = ["otlp"]
    strange = [f"{variable}={name}" for name in names if name not in {*_SUPPORTED_EXPORTERS, "none"}]
    chosen = [name for name in dict.fromkeys(names) if name in _SUPPORTED_EXPORTERS]
    if "otlp" in chosen:
        said = [
            (name, environment[name].strip().lower())
            for name in (f"{_OTLP_PREFIX}{signal}_PROTOCOL", f"{_OTLP_PREFIX}PROTOCOL")
            if environment.get(name, "").strip()
        ]
        if said and said[0][1] != "http/protobuf":
            chosen.remove("otlp")
            strange.append("=".join(said[0]))
    return tuple(chosen), strange


def _iter_secrets(environment: Mapping[str, str]) -> Iterator[str]:
    for variable, value in environment.items():
        if not variable.startswith(_OTLP_PREFIX):
            continue
        if variable.endswith("HEADERS"):
            for pair in (value, *value.split(",")):
                said = pair.partition("=")[2].strip()
                yield from (
                    said,
                    unquote(said),
                    said.removeprefix("Bearer "),
                    unquote(said).partition(" ")[2],
                )
        if variable.endswith("ENDPOINT"):
            before = value.partition("://")[2].rpartition("@")[0]
            yield from (before, before.partition(":")[2])


def select_installed_exporters(exporters: Exporters) -> Exporters:
    """Return what of it can be had here, and say in the log what cannot; nothing is loaded by this."""
    if not exporters:
        return exporters
    import logging  # noqa: PLC0415 - this module is on the way of a start over stdio

    logger = logging.getLogger(__name__)
    if exporters.unsupported:
        logger.warning(
            "OpenTelemetry: otlp over http/protobuf, console and none are known here; the rest is left out",
            extra={"left_out": " ".join(exporters.unsupported)},
        )
    missing = {
        name for name in {*exporters.traces, *exporters.metrics} if not _is_installed(_REQUIRED_MODULES[name])
    }
    if missing:
        logger.warning(
            "OpenTelemetry is asked for by OTEL_* variables, but not installed: "
            "pip install 'dockerhub-mcp[otel]', or set OTEL_SDK_DISABLED=true; going on without"
        )
    return Exporters(
        tuple(name for name in exporters.traces if name not in missing),
        tuple(name for name in exporters.metrics if name not in missing),
        secrets=exporters.secrets,
    )


@contextmanager
def attach_telemetry(exporters: Exporters, observers: Observers) -> Iterator[None]:
    """Have OpenTelemetry watch what this process serves, where anything is to be exported."""
    telemetry = None
    if exporters.traces or exporters.metrics:
        from dockerhub_mcp.server.telemetry.otel import start_telemetry  # noqa: PLC0415 - most do without

        telemetry = start_telemetry(exporters)
    if telemetry is not None:
        observers.registered.append(telemetry)
    try:
        yield
    finally:
        if telemetry is not None:
            telemetry.close()


def _is_installed(module: str) -> bool:
    from importlib.util import find_spec  # noqa: PLC0415

    try:
        return find_spec(module) is not None
    except ImportError:  # a package above it is missing
        return False

"""Read which OpenTelemetry exporters the standard environment variables select, and attach them.

Only the choice of exporters is read here. The OpenTelemetry SDK, loaded only if needed, reads the other
`OTEL_*` variables: endpoints, headers, timeouts, sampling, resource attributes, propagators, batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import unquote

from dockerhub_mcp.server.telemetry.otel_exporters import Exporters

if TYPE_CHECKING:  # this module is loaded before the first responses over stdio
    from dockerhub_mcp.server.telemetry.observers import Observers

_OTLP_PREFIX = "OTEL_EXPORTER_OTLP_"
_SUPPORTED_EXPORTERS = ("otlp", "console")
_REQUIRED_MODULES = {"otlp": "opentelemetry.exporter.otlp.proto.http", "console": "opentelemetry.sdk"}


def read_exporters(environment: Mapping[str, str]) -> Exporters:
    """Return the exporters that the environment selects."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return Exporters()
    traces, unsupported_traces = _read_signal_exporters("TRACES", environment)
    metrics, unsupported_metrics = _read_signal_exporters("METRICS", environment)
    unsupported = tuple(dict.fromkeys(unsupported_traces + unsupported_metrics))
    if not (traces or metrics or unsupported):
        return Exporters()
    secrets = tuple(dict.fromkeys(filter(None, _iter_secrets(environment))))
    return Exporters(traces, metrics, unsupported, secrets)


def _read_signal_exporters(signal: str, environment: Mapping[str, str]) -> tuple[tuple[str, ...], list[str]]:
    """Return the supported exporters of a signal, and the settings that are not supported."""
    variable = f"OTEL_{signal}_EXPORTER"
    names = [name.strip().lower() for name in environment.get(variable, "").split(",") if name.strip()]
    if not names and any(environment.get(f"{_OTLP_PREFIX}{part}ENDPOINT") for part in ("", f"{signal}_")):
        names = ["otlp"]
    unsupported = [f"{variable}={name}" for name in names if name not in {*_SUPPORTED_EXPORTERS, "none"}]
    selected = [name for name in dict.fromkeys(names) if name in _SUPPORTED_EXPORTERS]
    if "otlp" in selected:
        protocols = [
            (name, environment[name].strip().lower())
            for name in (f"{_OTLP_PREFIX}{signal}_PROTOCOL", f"{_OTLP_PREFIX}PROTOCOL")
            if environment.get(name, "").strip()
        ]
        if protocols and protocols[0][1] != "http/protobuf":
            selected.remove("otlp")
            unsupported.append("=".join(protocols[0]))
    return tuple(selected), unsupported


def _iter_secrets(environment: Mapping[str, str]) -> Iterator[str]:
    for variable, value in environment.items():
        if not variable.startswith(_OTLP_PREFIX):
            continue
        if variable.endswith("HEADERS"):
            for pair in (value, *value.split(",")):
                header = pair.partition("=")[2].strip()
                yield from (
                    header,
                    unquote(header),
                    header.removeprefix("Bearer "),
                    unquote(header).partition(" ")[2],
                )
        if variable.endswith("ENDPOINT"):
            userinfo = value.partition("://")[2].rpartition("@")[0]
            yield from (userinfo, userinfo.partition(":")[2], unquote(userinfo.partition(":")[2]))
            for pair in value.partition("?")[2].split("&"):
                yield from (pair.partition("=")[2], unquote(pair.partition("=")[2]))


def select_installed_exporters(exporters: Exporters) -> Exporters:
    """Return the exporters with installed packages, and log a warning for the others."""
    if not exporters:
        return exporters
    import logging  # noqa: PLC0415 - the first responses over stdio do not need it

    logger = logging.getLogger(__name__)
    if exporters.unsupported:
        logger.warning(
            "OpenTelemetry: only otlp over http/protobuf, console and none are supported; "
            "the rest is left out",
            extra={"left_out": " ".join(exporters.unsupported)},
        )
    missing = {
        name for name in {*exporters.traces, *exporters.metrics} if not _is_installed(_REQUIRED_MODULES[name])
    }
    if missing:
        logger.warning(
            "OpenTelemetry is asked for by OTEL_* variables, but not installed: "
            "pip install 'dockerhub-mcp[otel]', or set OTEL_SDK_DISABLED=true; continuing without it"
        )
    return Exporters(
        tuple(name for name in exporters.traces if name not in missing),
        tuple(name for name in exporters.metrics if name not in missing),
        secrets=exporters.secrets,
    )


@contextmanager
def attach_telemetry(exporters: Exporters, observers: Observers) -> Iterator[None]:
    """Export spans and metrics of this process for the duration of the block, if there are exporters."""
    telemetry = None
    if exporters.traces or exporters.metrics:
        from dockerhub_mcp.server.telemetry.otel import start_telemetry  # noqa: PLC0415 - needs the extra otel

        telemetry = start_telemetry(exporters)
    if telemetry is not None:
        observers.registered.append(telemetry)
    try:
        yield
    finally:
        if telemetry is not None:
            telemetry.close()


def _is_installed(module: str) -> bool:
    from importlib.util import find_spec  # noqa: PLC0415 - the first responses over stdio do not need it

    try:
        return find_spec(module) is not None
    except ImportError:  # a parent package is missing
        return False

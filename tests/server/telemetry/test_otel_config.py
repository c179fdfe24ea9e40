"""Test which variables enable OpenTelemetry, and how unsupported ones are reported."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dockerhub_mcp.server.telemetry.otel_config import read_exporters, select_installed_exporters
from dockerhub_mcp.server.telemetry.otel_exporters import Exporters

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("environment", "traces", "metrics"),
    [
        ({}, (), ()),
        ({"OTEL_SERVICE_NAME": "hub"}, (), ()),
        (ENDPOINT, ("otlp",), ("otlp",)),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, ("otlp",), ()),
        ({"OTEL_METRICS_EXPORTER": " OTLP , console"}, (), ("otlp", "console")),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c/v1/traces"}, ("otlp",), ()),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "none"}, (), ("otlp",)),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "True"}, (), ()),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "false"}, ("otlp",), ("otlp",)),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, ("otlp",), ("otlp",)),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"}, (), ("otlp",)),
        ({"OTEL_TRACES_EXPORTER": "otlp,otlp"}, ("otlp",), ()),
    ],
)
def test_signals_go_where_the_variables_say(
    environment: dict[str, str], traces: tuple[str, ...], metrics: tuple[str, ...]
) -> None:
    found = read_exporters(environment)
    assert (found.traces, found.metrics) == (traces, metrics)


def test_what_is_not_known_is_named_once_and_the_rest_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    environment = ENDPOINT | {
        "OTEL_TRACES_EXPORTER": "zipkin,console",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
    }
    found = read_exporters(environment)
    assert found.unsupported == ("OTEL_TRACES_EXPORTER=zipkin", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc")
    with caplog.at_level(logging.WARNING, logger="dockerhub_mcp"):
        assert select_installed_exporters(found).traces == ("console",)
    (record,) = caplog.records
    assert record.__dict__["left_out"] == "OTEL_TRACES_EXPORTER=zipkin OTEL_EXPORTER_OTLP_PROTOCOL=grpc"


def test_nothing_wanted_is_nothing_said(caplog: pytest.LogCaptureFixture) -> None:
    assert select_installed_exporters(Exporters()) == Exporters()
    assert not caplog.records


def test_header_values_and_passwords_of_addresses_are_known_as_secrets() -> None:
    found = read_exporters(
        {
            "OTEL_EXPORTER_OTLP_ENDPOINT": "https://tenant:s3cr3t-pass@otel.example.com",
            "OTEL_EXPORTER_OTLP_HEADERS": "api-key=k3y%20one,authorization=Bearer%20t0ken",
            "OTEL_EXPORTER_OTLP_METRICS_HEADERS": "x=other",
        }
    )
    assert {"s3cr3t-pass", "k3y one", "t0ken", "other"} <= set(found.secrets)
    assert "s3cr3t" not in repr(found)


HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}

WITHOUT_THE_EXTRA = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter")):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None

sys.meta_path.insert(0, Missing())
"""

LOADED = """
import atexit, sys
def tell():
    sys.stderr.write("LOADED " + " ".join(name for name in sys.modules if name.startswith("opentelemetry.")))
atexit.register(tell)
"""


def talk(folder: Path, sitecustomize: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the program with one request, in a Python process with a custom start-up hook."""
    (folder / "sitecustomize.py").write_text(sitecustomize, "utf-8")
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "COVERAGE"))}
    return subprocess.run(
        [sys.executable, "-m", "dockerhub_mcp", "--sandbox"],
        input=json.dumps(HELLO) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=clean | {"PYTHONPATH": os.pathsep.join(paths)} | variables,
    )


def test_without_the_extra_one_warning_names_it_and_the_server_serves(tmp_path: Path) -> None:
    done = talk(tmp_path, WITHOUT_THE_EXTRA, **ENDPOINT)
    assert json.loads(done.stdout)["result"]["serverInfo"]["name"] == "dockerhub-mcp"
    warnings = [line for line in done.stderr.splitlines() if "warning" in line]
    assert len(warnings) == 1
    assert "pip install 'dockerhub-mcp[otel]'" in warnings[0]


def test_nothing_of_the_extra_is_loaded_unless_the_variables_ask_for_it(tmp_path: Path) -> None:
    def loaded(**variables: str) -> str:
        return talk(tmp_path, LOADED, **variables).stderr.partition("LOADED ")[2]

    assert "opentelemetry.sdk" not in loaded()
    assert "opentelemetry.sdk" not in loaded(OTEL_SDK_DISABLED="true", **ENDPOINT)
    assert "opentelemetry.sdk" in loaded(OTEL_TRACES_EXPORTER="console")

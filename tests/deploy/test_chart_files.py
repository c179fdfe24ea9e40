"""The files of the Helm chart: its versions, values, schema and page, and what Helm and Kubernetes say of them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tarfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from devtools.generate import chart
from devtools.generate.artifacts import find_stale
from dockerhub_mcp import __version__
from tests.support.chart import (
    CHART,
    MINIMAL,
    VALUE_SETS,
    needs_helm,
    render_chart,
    render_value_set,
    run_helm,
)
from tests.support.pages import ROOT, parse_blocks

VALIDATE = os.environ.get("DOCKERHUB_MCP_KUBERNETES_VALIDATE") or shutil.which("kubernetes-validate")
PAGE = ROOT / "docs" / "kubernetes.md"
BLOCKS = [
    block for block in parse_blocks("docs/kubernetes.md", PAGE.read_text("utf-8")) if block.language == "yaml"
]
MANIFESTS = [block for block in BLOCKS if block.text.startswith("apiVersion:")]
VALUES = [block for block in BLOCKS if block not in MANIFESTS]
OLDEST = "1.27"
"""The oldest Kubernetes that the chart supports."""


def load_yaml(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((CHART / name).read_text("utf-8"))
    return content


def test_chart_and_page_are_those_of_this_version() -> None:
    assert [str(path.relative_to(ROOT)) for path in find_stale(chart.build_files())] == []
    description = load_yaml("Chart.yaml")
    assert (description["version"], description["appVersion"]) == (__version__, __version__)
    assert load_yaml("values.yaml")["image"]["repository"] == read_published_image()


def read_published_image() -> str:
    image: str = tomllib.loads((ROOT / "packaging" / "names.toml").read_text("utf-8"))["image"]
    return image


def test_every_value_is_described_on_the_page() -> None:
    values = list(chart.list_values((CHART / "values.yaml").read_text("utf-8")))
    assert {value.path: value.default for value in values} == dict(walk_values(load_yaml("values.yaml")))
    assert [value.path for value in values if not value.comment.endswith(".")] == []
    table = re.findall(r"^\| `([\w.]+)` \| .+ \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert {value.path for value in values} <= set(table)


def walk_values(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from walk_values(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def test_the_schema_knows_exactly_the_values() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    assert set(list_schema_paths(schema)) - {
        "global",
        "resources.claims",
        "resources.requests",
        "resources.limits",
    } == {path for path, _ in walk_values(load_yaml("values.yaml")) if not path.startswith("resources.")}


def list_schema_paths(schema: dict[str, Any], prefix: str = "") -> Iterator[str]:
    assert schema["additionalProperties"] is False, prefix
    for name, entry in schema["properties"].items():
        if "properties" in entry:
            yield from list_schema_paths(entry, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def test_kubernetes_1_27_is_the_oldest() -> None:
    assert load_yaml("Chart.yaml")["kubeVersion"] == f">={OLDEST}.0-0"
    assert f"Kubernetes {OLDEST}" in PAGE.read_text("utf-8")


@needs_helm
@pytest.mark.parametrize("name", VALUE_SETS)
def test_helm_finds_no_fault(name: str) -> None:
    said = run_helm("lint", "--strict", CHART, "--values", VALUE_SETS[name])
    assert "1 chart(s) linted, 0 chart(s) failed" in said
    assert not re.search(r"WARNING|ERROR|Fail:", said), said


@needs_helm
def test_helm_packs_the_chart_without_the_value_sets(tmp_path: Path) -> None:
    run_helm("package", CHART, "--destination", tmp_path)
    with tarfile.open(tmp_path / f"dockerhub-mcp-{__version__}.tgz") as package:
        names = {name.removeprefix("dockerhub-mcp/") for name in package.getnames()}
    assert {"Chart.yaml", "values.yaml", "values.schema.json", "templates/deployment.yaml"} <= names
    assert not any(name.startswith("ci/") for name in names)


@needs_helm
def test_the_notes_say_how_to_call_and_check_the_server(tmp_path: Path) -> None:
    notes = render_notes(tmp_path, "--values", str(VALUE_SETS["oauth"]))
    assert "inside the cluster: http://hub-dockerhub-mcp.agents:8000/mcp\n" in notes
    assert "From outside: https://mcp.example.com/mcp\n" in notes
    assert "helm test hub --namespace agents" in notes
    notes = render_notes(tmp_path, *(word for value in (*MINIMAL, "replicas=2") for word in ("--set", value)))
    assert "all pods of the namespace agents" in notes
    assert "replicas share nothing" in notes


def render_notes(folder: Path, *arguments: str) -> str:
    """Return what Helm shows after an installation, which it renders in a cluster only."""
    copy = folder / "chart"
    shutil.copytree(CHART, copy, dirs_exist_ok=True)
    text = (copy / "templates" / "NOTES.txt").read_text("utf-8")
    (copy / "templates" / "notes.yaml").write_text(
        f'{{{{ define "notes" }}}}{text}{{{{ end }}}}notes: {{{{ include "notes" . | toJson }}}}\n', "utf-8"
    )
    arguments = ("hub", str(copy), "--namespace", "agents", "--show-only", "templates/notes.yaml", *arguments)
    notes: str = yaml.safe_load(run_helm("template", *arguments))["notes"]
    return notes


@needs_helm
@pytest.mark.parametrize("block", VALUES, ids=str)
def test_the_values_on_the_page_are_accepted(block: Any, tmp_path: Path) -> None:
    path = tmp_path / "values.yaml"
    path.write_text(block.text, "utf-8")
    documented = yaml.safe_load(block.text)
    needed = [value for value in MINIMAL if value.partition(".")[0] not in documented]
    assert render_chart(*needed, files=[path])


@needs_helm
@pytest.mark.skipif(
    not VALIDATE,
    reason="kubernetes-validate is not here; pip install it, or name it in DOCKERHUB_MCP_KUBERNETES_VALIDATE",
)
@pytest.mark.parametrize("version", [("--kubernetes-version", OLDEST), ()], ids=["oldest", "newest"])
def test_kubernetes_accepts_every_object(version: tuple[str, ...], tmp_path: Path) -> None:
    files = []
    for name in VALUE_SETS:
        files.append(tmp_path / f"{name}.yaml")
        # A resource of the Prometheus operator, whose schema Kubernetes does not have.
        known = [each for each in render_value_set(name) if each["kind"] != "ServiceMonitor"]
        files[-1].write_text(yaml.safe_dump_all(known), "utf-8")
    files.append(tmp_path / "page.yaml")
    [manifest] = MANIFESTS
    files[-1].write_text(manifest.text, "utf-8")
    command = [str(VALIDATE), "--strict", *version, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    said = (done.stdout + done.stderr).splitlines()
    assert [line for line in said if not line.startswith("INFO ")] == []
    assert len(said) == sum(len(list(yaml.safe_load_all(file.read_text("utf-8")))) for file in files)
    assert all(line.endswith(f" {OLDEST}") for line in said) is bool(version)

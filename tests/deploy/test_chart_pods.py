"""The pods that the Helm chart renders: what they run, what they may do, and which Secrets they read."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dockerhub_mcp.config import parse_settings
from tests.support.chart import (
    VALUE_SETS,
    Manifest,
    find_all,
    needs_helm,
    read_pod_spec,
    read_server_container,
    render_value_set,
)
from tests.support.pages import ROOT

pytestmark = needs_helm
of_every_value_set = pytest.mark.parametrize("name", VALUE_SETS)


def list_pods(manifests: list[Manifest]) -> list[Manifest]:
    """Return the specifications of all pods: those of the server, and that of `helm test`."""
    return [read_pod_spec(manifests), *(pod["spec"] for pod in find_all(manifests, "Pod"))]


def list_containers(manifests: list[Manifest]) -> list[Manifest]:
    return [container for pod in list_pods(manifests) for container in pod["containers"]]


@of_every_value_set
def test_no_pod_gets_a_token_of_a_service_account(name: str) -> None:
    manifests = render_value_set(name)
    assert [pod["automountServiceAccountToken"] for pod in list_pods(manifests)] == [False, False]
    accounts = find_all(manifests, "ServiceAccount")
    assert [each["automountServiceAccountToken"] for each in accounts] == [False] * len(accounts)
    names = [each["metadata"]["name"] for each in accounts] or ["existing"]
    assert names == [read_pod_spec(manifests)["serviceAccountName"]]


@of_every_value_set
def test_no_container_has_privileges_or_a_writable_file_system(name: str) -> None:
    manifests = render_value_set(name)
    for pod in list_pods(manifests):
        assert pod["securityContext"] == {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(pod)
    for container in list_containers(manifests):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    assert all(
        "emptyDir" not in volume for volume in read_pod_spec(manifests).get("volumes", ())
    )  # nothing is written


def test_the_user_is_that_of_the_image() -> None:
    assert "\nUSER 10001:10001\n" in (ROOT / "Dockerfile").read_text("utf-8")


@of_every_value_set
def test_resources_are_limited_but_not_the_cpu_time(name: str) -> None:
    for container in list_containers(render_value_set(name)):
        resources = container["resources"]
        assert set(resources["requests"]) == {"cpu", "memory"}
        assert set(resources["limits"]) == {"memory"}


def test_all_containers_run_the_image_by_digest() -> None:
    manifests = render_value_set("digest")
    assert {each["image"] for each in list_containers(manifests)} == {
        f"registry.example.com/dockerhub-mcp@sha256:{'0123456789abcdef' * 4}"
    }
    assert {pod["imagePullSecrets"][0]["name"] for pod in list_pods(manifests)} == {"registry"}


def test_without_a_digest_the_tag_is_that_of_the_chart_or_of_the_values() -> None:
    chart = (ROOT / "deploy" / "chart" / "Chart.yaml").read_text("utf-8")
    [version] = re.findall(r'^appVersion: "(.+)"$', chart, re.MULTILINE)
    for name, tag in (("read", version), ("identity", "latest")):
        images = {each["image"] for each in list_containers(render_value_set(name))}
        assert images == {f"registry.example.com/dockerhub-mcp:{tag}"}


def test_services_set_no_variables() -> None:
    """For a Service named dockerhub-mcp, Kubernetes would set DOCKERHUB_MCP_PORT to an address."""
    _, problems = parse_settings({}, {"DOCKERHUB_MCP_PORT": "tcp://10.96.0.10:8000"})
    assert [problem.is_fatal for problem in problems] == [True]
    assert [pod["enableServiceLinks"] for pod in list_pods(render_value_set("read"))] == [False, False]


@of_every_value_set
def test_secrets_exist_already_and_are_mounted_for_the_servers_group_only(name: str) -> None:
    manifests = render_value_set(name)
    assert find_all(manifests, "Secret") == find_all(manifests, "ConfigMap") == []
    container = read_server_container(manifests)
    mounts = {mount["name"]: mount for mount in container.get("volumeMounts", ())}
    for volume in (each for each in read_pod_spec(manifests)["volumes"] if "secret" in each):
        assert volume["secret"]["defaultMode"] == 0o440
        assert mounts[volume["name"]]["readOnly"] is True
        assert mounts[volume["name"]]["mountPath"] == f"/run/secrets/dockerhub-mcp/{volume['name']}"


def test_each_secret_is_the_one_that_the_values_name() -> None:
    volumes = {
        volume["name"]: volume.get("secret")
        for volume in read_pod_spec(render_value_set("replicas"))["volumes"]
    }

    def describe(name: str, *keys: str) -> dict[str, Any]:
        items = {"items": [{"key": key, "path": key} for key in keys]} if keys else {}
        return {"secretName": f"dockerhub-mcp-{name}", "defaultMode": 0o440} | items

    assert volumes == {
        "account": describe("account", "dockerhub-token"),
        "callers": describe("callers"),  # with the files that callers.toml names
        "state-key": describe("state-key", "state-key"),
        "store": describe("store"),  # with a certificate that the URL may name
    }
    volumes = {
        volume["name"]: volume["secret"] for volume in read_pod_spec(render_value_set("identity"))["volumes"]
    }
    assert {name: secret["secretName"] for name, secret in volumes.items()} == {
        "metrics": "hub-metrics",
        "tls": "hub-tls",
    }


def test_a_secret_may_be_the_value_of_a_further_variable() -> None:
    [scim] = [
        entry for entry in read_server_container(render_value_set("digest"))["env"] if "valueFrom" in entry
    ]
    assert scim["name"] == "DOCKERHUB_SCIM_TOKEN"
    assert scim["valueFrom"] == {"secretKeyRef": {"name": "dockerhub-mcp-scim", "key": "token"}}

"""What the Helm chart renders: one test for each thing that the objects must have."""

from __future__ import annotations

import re

import pytest

from tests.support.chart import (
    MINIMAL,
    NAMESPACE,
    VALUE_SETS,
    find_all,
    find_one,
    needs_helm,
    read_pod_spec,
    read_server_container,
    read_variables,
    render_chart,
    render_value_set,
)
from tests.support.pages import ROOT

pytestmark = needs_helm
of_every_value_set = pytest.mark.parametrize("name", VALUE_SETS)


def test_there_are_enough_value_sets() -> None:
    assert set(VALUE_SETS) == {"digest", "identity", "oauth", "read", "replicas", "scaling"}


@of_every_value_set
def test_an_update_keeps_every_replica_until_another_is_ready(name: str) -> None:
    strategy = find_one(render_value_set(name), "Deployment")["spec"]["strategy"]
    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}


@of_every_value_set
def test_three_probes_ask_the_server_in_its_own_protocol(name: str) -> None:
    container = read_server_container(render_value_set(name))
    asked = {
        probe: container[probe]["httpGet"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")
    }
    assert {probe: each["path"] for probe, each in asked.items()} == {
        "startupProbe": "/healthz",
        "readinessProbe": "/readyz",  # without ?hub=1: an outage of the Hub must not stop the pods
        "livenessProbe": "/healthz",
    }
    scheme = "HTTPS" if "DOCKERHUB_MCP_TLS_CERT" in read_variables(container) else "HTTP"
    assert {(each["port"], each["scheme"]) for each in asked.values()} == {("http", scheme)}
    assert container["ports"] == [{"name": "http", "containerPort": 8000}]
    liveness = container["livenessProbe"]
    assert liveness["periodSeconds"] * liveness["failureThreshold"] >= 60  # a busy server is not restarted


@of_every_value_set
def test_a_pod_may_drain_and_finish_before_it_is_killed(name: str) -> None:
    manifests = render_value_set(name)
    variables = read_variables(read_server_container(manifests))
    drain_delay, grace = (int(variables[f"DOCKERHUB_MCP_{each}"]) for each in ("DRAIN_DELAY", "GRACE"))
    assert read_pod_spec(manifests)["terminationGracePeriodSeconds"] == drain_delay + grace + 10


def test_the_drain_delay_is_5_and_the_grace_period_45_by_default() -> None:
    manifests = render_value_set("read")
    assert read_variables(read_server_container(manifests))["DOCKERHUB_MCP_DRAIN_DELAY"] == "5"
    assert read_pod_spec(manifests)["terminationGracePeriodSeconds"] == 45


@of_every_value_set
def test_the_service_sends_a_client_to_the_same_pod(name: str) -> None:
    spec = find_one(render_value_set(name), "Service")["spec"]
    assert spec["type"] == "ClusterIP"
    assert spec["sessionAffinity"] == "ClientIP"
    assert [port["targetPort"] for port in spec["ports"]] == ["http"]


@of_every_value_set
def test_what_selects_the_pods_selects_those_of_the_server_only(name: str) -> None:
    manifests = render_value_set(name)
    deployment = find_one(manifests, "Deployment")["spec"]
    selectors = [deployment["selector"]["matchLabels"], find_one(manifests, "Service")["spec"]["selector"]]
    selectors += [
        each["labelSelector"]["matchLabels"] for each in read_pod_spec(manifests)["topologySpreadConstraints"]
    ]
    selectors += [each["spec"]["podSelector"]["matchLabels"] for each in find_all(manifests, "NetworkPolicy")]
    for kind in ("PodDisruptionBudget", "ServiceMonitor"):
        selectors += [each["spec"]["selector"]["matchLabels"] for each in find_all(manifests, kind)]
    assert all(selector == selectors[0] for selector in selectors)
    assert selectors[0].items() <= deployment["template"]["metadata"]["labels"].items()
    assert not selectors[0].items() <= find_one(manifests, "Pod")["metadata"]["labels"].items()


def test_ingress_nginx_sends_a_caller_to_the_same_pod_and_holds_nothing_back() -> None:
    annotations = find_one(render_value_set("oauth"), "Ingress")["metadata"]["annotations"]
    prefix = "nginx.ingress.kubernetes.io/"
    nginx = {name.removeprefix(prefix): text for name, text in annotations.items() if name.startswith(prefix)}
    assert nginx["upstream-hash-by"] == "$http_authorization$http_x_dockerhub_username"
    assert nginx["proxy-buffering"] == "off"
    assert nginx["proxy-read-timeout"] == "600"  # the value's own, in place of the chart's 300
    assert nginx["proxy-next-upstream"] == "error timeout"  # never a POST that may have been sent
    assert nginx["backend-protocol"] == "HTTP"


def test_haproxy_sends_a_session_to_its_pod_and_other_requests_by_caller() -> None:
    annotations = find_one(render_value_set("replicas"), "Ingress")["metadata"]["annotations"]
    assert annotations["haproxy.org/load-balance"] == "hdr(Authorization)"
    assert annotations["haproxy.org/backend-config-snippet"].splitlines() == [
        "stick-table type string len 64 size 100k expire 30m",
        "stick match req.hdr(Mcp-Session-Id)",
        "stick store-response res.hdr(Mcp-Session-Id)",
    ]
    assert not any(name.startswith("nginx") for name in annotations)


def test_another_controller_gets_no_annotations_but_those_of_the_values() -> None:
    values = (
        *("ingress.enabled=true", "ingress.host=mcp.example.com", "ingress.controller=other"),
        *('trustedProxies=["10.0.0.1"]', "networkPolicy.enabled=false"),
    )
    ingress = find_one(render_chart(*MINIMAL, *values), "Ingress")
    assert "annotations" not in ingress["metadata"]
    assert "tls" not in ingress["spec"]
    ingress = find_one(render_chart(*MINIMAL, *values, 'ingress.annotations={"a":"b"}'), "Ingress")
    assert ingress["metadata"]["annotations"] == {"a": "b"}


@pytest.mark.parametrize("name", ["oauth", "replicas"])
def test_the_ingress_passes_on_the_paths_of_clients_as_nginx_conf_does(name: str) -> None:
    spec = find_one(render_value_set(name), "Ingress")["spec"]
    [rule] = spec["rules"]
    assert spec["tls"] == [{"hosts": [rule["host"]], "secretName": "mcp-example-com-tls"}]
    paths = {each["path"]: each["pathType"] for each in rule["http"]["paths"]}
    nginx = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    passed = set(re.findall(r"location (?:= )?(/[^ ]+) {\s+(?:#[^\n]*\s+)?proxy_pass ", nginx))
    for path in passed - {"/readyz"}:
        assert any(
            path == each or (kind == "Prefix" and path.startswith(f"{each}/")) for each, kind in paths.items()
        ), path
    assert not any(
        f"{path}/".startswith(f"{each}/") for each in paths for path in ("/healthz", "/readyz", "/metrics")
    )


def test_without_an_ingress_there_is_none() -> None:
    assert find_all(render_value_set("read"), "Ingress") == []


def test_replicas_spread_over_nodes_and_zones() -> None:
    constraints = read_pod_spec(render_value_set("replicas"))["topologySpreadConstraints"]
    assert [each["topologyKey"] for each in constraints] == [
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    ]
    assert {each["whenUnsatisfiable"] for each in constraints} == {
        "ScheduleAnyway"
    }  # one node is no obstacle


@pytest.mark.parametrize(
    ("name", "is_there"), [("read", False), ("digest", False), ("replicas", True), ("scaling", True)]
)
def test_a_disruption_takes_one_replica_of_several(name: str, is_there: bool) -> None:
    budgets = find_all(render_value_set(name), "PodDisruptionBudget")
    assert [budget["spec"]["maxUnavailable"] for budget in budgets] == [
        1
    ] * is_there  # of one, it would block nodes


def test_the_autoscaler_is_off_by_default() -> None:
    assert find_all(render_value_set("read"), "HorizontalPodAutoscaler") == []
    assert find_one(render_value_set("read"), "Deployment")["spec"]["replicas"] == 1


def test_the_autoscaler_follows_the_cpu_time_and_owns_the_number_of_replicas() -> None:
    manifests = render_value_set("scaling")
    spec = find_one(manifests, "HorizontalPodAutoscaler")["spec"]
    deployment = find_one(manifests, "Deployment")
    assert "replicas" not in deployment["spec"]
    assert spec["scaleTargetRef"] == {
        "apiVersion": deployment["apiVersion"],
        "kind": "Deployment",
        "name": deployment["metadata"]["name"],
    }
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 8)
    [metric] = spec["metrics"]
    assert metric["resource"] == {"name": "cpu", "target": {"type": "AverageValue", "averageValue": "500m"}}


def test_prometheus_scrapes_with_the_token_of_the_secret() -> None:
    monitor = find_one(render_value_set("scaling"), "ServiceMonitor")
    assert monitor["apiVersion"] == "monitoring.coreos.com/v1"
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert set(monitor["spec"]) == {"selector", "endpoints"}
    [endpoint] = monitor["spec"]["endpoints"]
    assert endpoint == {
        "port": "http",
        "path": "/metrics",
        "scheme": "http",
        "interval": "15s",
        "authorization": {
            "type": "Bearer",
            "credentials": {"name": "dockerhub-mcp-metrics", "key": "metrics-token"},
        },
    }
    [port] = find_one(render_value_set("scaling"), "Service")["spec"]["ports"]
    assert port["name"] == endpoint["port"]
    assert find_all(render_value_set("read"), "ServiceMonitor") == []


def test_prometheus_scrapes_a_server_that_terminates_tls() -> None:
    [endpoint] = find_one(render_value_set("identity"), "ServiceMonitor")["spec"]["endpoints"]
    assert (endpoint["scheme"], endpoint["tlsConfig"]) == ("https", {"serverName": "hub.example.com"})


@of_every_value_set
def test_names_and_labels_tell_the_release(name: str) -> None:
    for each in render_value_set(name):
        assert each["metadata"]["labels"]["app.kubernetes.io/instance"] == "hub"
        assert each["metadata"]["name"].removesuffix("-test") == (
            "hub" if name == "identity" else "hub-dockerhub-mcp"
        )
        assert each["metadata"].get("namespace", NAMESPACE) == NAMESPACE


def test_a_long_name_is_cut() -> None:
    manifests = render_chart(*MINIMAL, f"fullnameOverride={'n' * 49}-{'n' * 20}")
    assert {each["metadata"]["name"] for each in manifests} == {"n" * 49, f"{'n' * 49}-test"}

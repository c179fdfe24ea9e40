"""The NetworkPolicy of the Helm chart: what may connect to the server, and where the server may connect to."""

from __future__ import annotations

from typing import Any

from tests.support.chart import MINIMAL, find_all, find_one, needs_helm, render_chart, render_value_set

pytestmark = needs_helm

TCP_53, UDP_53, TCP_443 = ("TCP", 53), ("UDP", 53), ("TCP", 443)
KUBE_DNS = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
    "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
}


def read_policy(name: str) -> dict[str, Any]:
    spec: dict[str, Any] = find_one(render_value_set(name), "NetworkPolicy")["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    return spec


def list_clients(name: str) -> list[dict[str, Any]]:
    """Return the peers that may connect to the server, without the pod of `helm test`, which always may."""
    [rule] = read_policy(name)["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 8000}]
    clients: list[dict[str, Any]]
    test, *clients = rule["from"]
    labels = find_one(render_value_set(name), "Pod")["metadata"]["labels"]
    assert test == {"podSelector": {"matchLabels": labels}}
    return clients


def list_destinations(name: str) -> list[tuple[set[tuple[str, int]], Any]]:
    """Return the ports that the server may connect to, with the peers; None for any address."""
    rules = read_policy(name)["egress"]
    return [({(port["protocol"], port["port"]) for port in rule["ports"]}, rule.get("to")) for rule in rules]


def test_by_default_the_agents_of_the_namespace_are_let_in() -> None:
    assert list_clients("read") == [{"podSelector": {}}]


def test_agents_and_scrapers_are_let_in_by_namespace_pod_or_address() -> None:
    namespace, agents = {"matchLabels": {"team": "platform"}}, {"matchLabels": {"role": "agent"}}
    assert list_clients("scaling") == [
        {"namespaceSelector": namespace, "podSelector": agents},
        {"ipBlock": {"cidr": "10.20.0.0/16"}},
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}},
    ]


def test_the_ingress_controller_is_let_in_and_agents_only_where_they_are_named() -> None:
    [controller] = list_clients("oauth")
    assert controller["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "ingress-nginx"}}
    assert [list(peer) for peer in list_clients("replicas")] == [["podSelector"], ["namespaceSelector"]]


def test_the_server_reaches_dns_and_port_443_and_nothing_else() -> None:
    assert list_destinations("read") == [({UDP_53, TCP_53}, [KUBE_DNS]), ({TCP_443}, None)]


def test_the_server_reaches_its_store_at_the_port_of_the_values() -> None:
    valkey = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "valkey"}}}
    assert list_destinations("replicas")[2:] == [({("TCP", 6380)}, [valkey])]


def test_a_store_outside_of_the_cluster_needs_no_peer() -> None:
    manifests = render_chart(*MINIMAL, "store.existingSecret=store", "stateKey.existingSecret=key")
    *_, rule = find_one(manifests, "NetworkPolicy")["spec"]["egress"]
    assert rule == {"ports": [{"protocol": "TCP", "port": 6379}]}


def test_dns_servers_and_further_destinations_are_those_of_the_values() -> None:
    (_, dns), (_, hub), proxy = list_destinations("scaling")
    assert dns == [{"ipBlock": {"cidr": "169.254.20.10/32"}}]
    assert hub is None
    assert proxy == ({("TCP", 3128)}, [{"ipBlock": {"cidr": "10.0.0.5/32"}}])


def test_it_can_be_left_out() -> None:
    assert find_all(render_value_set("identity"), "NetworkPolicy") == []

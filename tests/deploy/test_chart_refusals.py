"""The Helm chart refuses values that would open the server, repeat confirmations or have no effect."""

from __future__ import annotations

import dataclasses
import re

import pytest
import yaml

from dockerhub_mcp.config import Settings
from tests.support.chart import (
    CHART,
    MINIMAL,
    VALUE_SETS,
    HelmError,
    needs_helm,
    read_server_container,
    read_variables,
    render_chart,
    render_value_set,
)

pytestmark = needs_helm

IMAGE, CALLERS = MINIMAL
STORE, KEY = "store.existingSecret=store", "stateKey.existingSecret=key"
REQUEST = "account.identity=request"
PROXIES = 'trustedProxies=["10.244.0.0/16"]'
INGRESS = ("ingress.enabled=true", "ingress.host=mcp.example.com")
TLS = "ingress.tlsSecret=tls"
ISSUER, PUBLIC = "oauth.issuer=https://login.example.com", "publicUrl=https://mcp.example.com/mcp"
METRICS = ("metrics.enabled=true", "metrics.existingSecret=metrics")
NO_POLICY = "networkPolicy.enabled=false"


def refuse(*values: str) -> str:
    """Return why the chart refuses the values."""
    with pytest.raises(HelmError) as refusal:
        render_chart(*values)
    found = re.search(r"deployment\.yaml:\d+:\d+\): (.+)", str(refusal.value))
    assert found, refusal.value
    return found[1]


@pytest.mark.parametrize("access", ["write", "admin"])
@pytest.mark.parametrize(
    "several",
    [("replicas=2",), ("autoscaling.enabled=true", "autoscaling.minReplicas=1", "autoscaling.maxReplicas=2")],
)
def test_several_replicas_that_may_write_need_a_store(access: str, several: tuple[str, ...]) -> None:
    assert refuse(*MINIMAL, KEY, f"access={access}", *several) == (
        f"access {access} with more than one replica needs store.existingSecret: without a store, each replica could "
        "carry out the same confirmation; set the store, one replica, or access read"
    )
    render_chart(*MINIMAL, KEY, STORE, f"access={access}", *several)
    render_chart(*MINIMAL, KEY, *several)
    render_chart(*MINIMAL, KEY, f"access={access}")


def test_a_store_needs_the_key_that_seals_what_is_in_it() -> None:
    assert refuse(*MINIMAL, STORE) == (
        "store.existingSecret needs stateKey.existingSecret: what replicas store is sealed with the key that they share"
    )


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ((CALLERS,), "image.repository is empty: set it to the registry and repository"),
        (
            (IMAGE,),
            "callers must authenticate: set callers.existingSecret, oauth.issuer, or account.identity request",
        ),
        ((IMAGE, ISSUER), "oauth.issuer needs publicUrl"),
        (
            (*MINIMAL, 'oauth.audience=["mcp"]'),
            "oauth.audience, oauth.jwksUrl and oauth.scopes have no effect",
        ),
        (
            (*MINIMAL, "oauth.jwksUrl=https://x.example.com"),
            "oauth.audience, oauth.jwksUrl and oauth.scopes have no",
        ),
        ((*MINIMAL, "account.username=ada"), "account.username and account.existingSecret belong together"),
        (
            (*MINIMAL, "account.existingSecret=token"),
            "account.username and account.existingSecret belong together",
        ),
        (
            (IMAGE, REQUEST, "account.username=ada"),
            "account.identity request takes the account of each request",
        ),
        ((IMAGE, REQUEST), "account.identity request sends Docker tokens with each request, which need TLS"),
        ((IMAGE, REQUEST, PROXIES, NO_POLICY, *INGRESS), "account.identity request sends Docker tokens"),
        ((*MINIMAL, "metrics.enabled=true"), "metrics.enabled needs metrics.existingSecret"),
        ((*MINIMAL, *METRICS), "metrics.enabled needs networkPolicy.scrapers"),
        (
            (*MINIMAL, "metrics.serviceMonitor.enabled=true"),
            "metrics.serviceMonitor.enabled needs metrics.enabled",
        ),
        ((*MINIMAL, "ingress.enabled=true"), "ingress.enabled needs ingress.host"),
        ((*MINIMAL, *INGRESS), "ingress.enabled needs trustedProxies"),
        ((*MINIMAL, *INGRESS, PROXIES), "ingress.enabled needs networkPolicy.ingressController"),
        (
            (*MINIMAL, "autoscaling.enabled=true", "autoscaling.minReplicas=6"),
            "autoscaling.minReplicas is above autoscaling.maxReplicas",
        ),
    ],
)
def test_what_contradicts_itself_is_refused_with_the_reason(values: tuple[str, ...], reason: str) -> None:
    assert refuse(*values).startswith(reason)


@pytest.mark.parametrize(
    "values",
    [
        (IMAGE, ISSUER, PUBLIC),
        (IMAGE, REQUEST, "tls.existingSecret=tls"),
        (IMAGE, REQUEST, PROXIES),
        (IMAGE, REQUEST, PROXIES, NO_POLICY, *INGRESS, TLS),
        (*MINIMAL, *METRICS, NO_POLICY),
        (*MINIMAL, *INGRESS, PROXIES, NO_POLICY),
    ],
)
def test_what_completes_them_is_accepted(values: tuple[str, ...]) -> None:
    assert render_chart(*values)


def read_own_settings() -> dict[str, str]:
    """Return the settings that the chart sets, as options without dashes, with the value that does."""
    text = (CHART / "templates" / "_refusals.tpl").read_text("utf-8")
    [block] = re.findall(r'define "dockerhub-mcp.ownSettings" -}}\n(.+?)\n{{- end }}', text, re.DOTALL)
    own: dict[str, str] = yaml.safe_load(block)
    return own


def test_what_the_chart_sets_is_known_to_the_refusals() -> None:
    """Else `--access admin` among further options would get past the refusal of several replicas."""
    rendered = {
        name for each in VALUE_SETS for name in read_variables(read_server_container(render_value_set(each)))
    }
    rendered = {name for name in rendered if name.startswith("DOCKERHUB_")}
    added = {entry["name"] for entry in yaml.safe_load(VALUE_SETS["digest"].read_text("utf-8"))["extraEnv"]}
    own = read_own_settings()
    variables = {f"DOCKERHUB_MCP_{name.upper().replace('-', '_')}" for name in own}
    assert rendered - added - variables == {"DOCKERHUB_USERNAME", "DOCKERHUB_TOKEN_FILE"}
    secrets = {"auth-token", "auth-tokens", "metrics-token", "store-url"}  # variables without an option
    assert set(own) - secrets <= {each.name.replace("_", "-") for each in dataclasses.fields(Settings)}


def test_the_values_that_the_refusals_name_exist() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    for path in set(read_own_settings().values()) - {"fixed"}:
        found = values
        for key in path.split("."):
            assert key in found, path
            found = found[key]


@pytest.mark.parametrize(
    ("words", "option", "value"),
    [
        ('["--access", "admin"]', "--access", "access"),
        ('["--confirm=never", "--access=admin"]', "--access", "access"),
        ('["--no-sessions"]', "--no-sessions", "sessions"),
        ('["--username=ada"]', "--username", "account.username"),
        ('["--token-file=/x"]', "--token-file", "account"),
        ('["--port=9000"]', "--port", "fixed"),
    ],
)
def test_a_further_option_does_not_replace_what_the_chart_sets(words: str, option: str, value: str) -> None:
    assert (
        refuse(*MINIMAL, f"extraArgs={words}")
        == f"extraArgs must not hold {option}, which the chart sets ({value})"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DOCKERHUB_MCP_ACCESS", "access"),
        ("DOCKERHUB_MCP_STORE_URL", "store"),
        ("DOCKERHUB_USERNAME", "account"),
        ("DOCKERHUB_TOKEN", "account"),
        ("DOCKER_PASSWORD_FILE", "account"),
        ("MCP_AUTH_TOKEN", "callers"),
    ],
)
def test_a_further_variable_does_not_replace_what_the_chart_sets(name: str, value: str) -> None:
    entry = f'extraEnv=[{{"name": "{name}", "valueFrom": {{"secretKeyRef": {{"name": "a", "key": "b"}}}}}}]'
    assert refuse(*MINIMAL, entry) == f"extraEnv must not set {name}, which the chart sets ({value})"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DOCKERHUB_SCIM_TOKEN", "x"),
        ("SOME_PASSWORD", "x"),
        ("HTTPS_PROXY", "http://ada:secret@proxy.example.com:3128"),
    ],
)
def test_a_secret_is_no_value(name: str, text: str) -> None:
    assert refuse(*MINIMAL, f'extraEnv=[{{"name": "{name}", "value": "{text}"}}]') == (
        f"extraEnv: {name} holds a secret, which must not be a value: take it from a Secret with valueFrom.secretKeyRef"
    )


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("replica=2", "replica"),
        ("store.existingsecret=x", "existingsecret"),
        ("metrics.serviceMonitor.enable=true", "enable"),
        ('networkPolicy.agents=[{"podselector":{}}]', "podselector"),
        ("access=reed", "access"),
        ("replicas=0", "replicas"),
        ("image.digest=sha256:12", "digest"),
        ("image.repository=Registry/Image", "repository"),
        ("callers.existingSecret=Upper", "existingSecret"),
        ('trustedProxies=["ingress"]', "trustedProxies"),
        ("publicUrl=mcp.example.com", "publicUrl"),
        ("networkPolicy.dns=[]", "dns"),
        ('extraEnv=[{"name": "A"}]', "extraEnv"),
        ('extraEnv=[{"name": "A", "value": "a", "valueFrom": {}}]', "extraEnv"),
        ("ingress.controller=nginx", "controller"),
        ("shutdown.drainDelay=soon", "drainDelay"),
    ],
)
def test_a_typo_is_an_error_that_names_the_value(value: str, named: str) -> None:
    with pytest.raises(HelmError, match=r"values don't meet the specifications of the schema") as refusal:
        render_chart(*MINIMAL, value)
    assert re.search(rf"\b{named}\b", str(refusal.value))

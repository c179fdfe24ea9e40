"""Test the deployment files: they use only options that exist, and work as they claim."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp import config
from dockerhub_mcp.bootstrap.validate import load_valid_settings, validate
from dockerhub_mcp.cli.parser import build_parser
from dockerhub_mcp.config import Settings
from dockerhub_mcp.server.http.auth.static_tokens import StaticTokenVerifier
from dockerhub_mcp.server.http.endpoints import MESSAGES_PATH, SSE_PATH
from dockerhub_mcp.server.http.middleware.resource_metadata import RESOURCE_METADATA_PATH
from dockerhub_mcp.server.http.middleware.server_card import CARD_SUFFIX, CATALOG_PATH
from tests.support.compose_files import (
    SCALED,
    SIMPLE,
    read_compose_file,
    write_callers_file,
    write_secrets,
)
from tests.support.nginx import NGINX, NOBODY
from tests.support.pages import ROOT
from tests.support.programs import CLEAN, forked_program

REPLICAS = "replica-1", "replica-2", "replica-3"
SERVERS = [(SIMPLE, "dockerhub-mcp"), *((SCALED, name) for name in REPLICAS)]
SERVICES = [*SERVERS, (SIMPLE, "agent"), (SCALED, "nginx"), (SCALED, "valkey")]

of_every_server = pytest.mark.parametrize(("path", "name"), SERVERS)
of_every_service = pytest.mark.parametrize(("path", "name"), SERVICES)


def list_known_variables() -> set[str]:
    sources = (ROOT / "src").rglob("*.py")
    named = {
        name for path in sources for name in re.findall(r"DOCKERHUB_[A-Z_]*[A-Z]", path.read_text("utf-8"))
    }
    return named | {config.env_var_for(setting) for setting in dataclasses.fields(Settings)} - {""}


def load_service_settings(service: dict[str, Any]) -> Settings:
    return config.load_settings(vars(build_parser().parse_args(service["command"])), service["environment"])


def test_no_service_is_left_out_here() -> None:
    there = {(path, name) for path in (SIMPLE, SCALED) for name in read_compose_file(path)["services"]}
    assert there == set(SERVICES)


@of_every_server
def test_a_service_sets_only_known_options(path: Path, name: str) -> None:
    service = read_compose_file(path)["services"][name]
    assert set(service["environment"]) <= list_known_variables()
    settings = load_service_settings(service)
    assert (settings.transport, settings.port) == ("http", 8000)
    assert not settings.sandbox
    assert "healthcheck" not in service  # that of the image applies


@of_every_server
def test_a_server_may_drain_and_finish_before_it_is_killed(path: Path, name: str) -> None:
    service = read_compose_file(path)["services"][name]
    settings = load_service_settings(service)
    assert settings.drain_delay == 5
    seconds = int(service["stop_grace_period"].removesuffix("s"))
    assert seconds > settings.drain_delay + settings.grace


@of_every_server
def test_what_a_server_reads_is_mounted(path: Path, name: str) -> None:
    service = read_compose_file(path)["services"][name]
    mounts = [mount.split(":") for mount in service["volumes"]]
    mounted = {f"/run/secrets/{secret}" for secret in service["secrets"]} | {
        inside for _, inside, _ in mounts
    }
    named = {text for key, text in service["environment"].items() if key.endswith("_FILE")}
    assert named <= mounted
    callers = tomllib.loads((ROOT / "deploy" / "callers.toml").read_text("utf-8"))
    assert {caller["token_file"] for caller in callers.values()} <= mounted


@of_every_service
def test_a_service_has_no_rights_and_writes_nothing(path: Path, name: str) -> None:
    everything = read_compose_file(path)
    service = everything["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(service)
    for secret in service.get("secrets", ()):
        assert everything["secrets"][secret]["file"].endswith(f"/secrets/{secret}")
    for mount in service.get("volumes", ()):
        here, _, rights = mount.split(":")
        assert (path.parent / here).is_file()
        assert rights == "ro"
    for network in service["networks"]:
        assert network in everything["networks"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_the_agent_reaches_the_server_only_and_by_a_name_that_it_answers_to() -> None:
    everything = read_compose_file(SIMPLE)
    agent, server = everything["services"]["agent"], everything["services"]["dockerhub-mcp"]
    assert agent["networks"] == ["agents"]
    assert everything["networks"]["agents"] == {"internal": True}
    host, port = re.fullmatch(r"http://([\w-]+):(\d+)/mcp", agent["environment"]["MCP_URL"]).groups()  # type: ignore[union-attr]
    assert host in load_service_settings(server).allowed_hosts
    assert int(port) == load_service_settings(server).port


def test_the_replicas_trust_only_nginx_and_nginx_names_all_replicas() -> None:
    services = read_compose_file(SCALED)["services"]
    addresses = [services[name]["networks"]["replicas"]["ipv4_address"] for name in ("nginx", *REPLICAS)]
    assert len(set(addresses)) == 4
    for name in REPLICAS:
        assert load_service_settings(services[name]).forwarded_allow_ips == (addresses[0],)
        assert services["nginx"]["depends_on"][name] == {"condition": "service_healthy"}
    text = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    assert re.findall(r"^ +server (\S+):8000 ", text, re.MULTILINE) == list(REPLICAS)


def test_only_the_replicas_reach_the_store() -> None:
    everything = read_compose_file(SCALED)
    services = everything["services"]
    assert everything["networks"]["store"] == {"internal": True}
    assert {name for name, each in services.items() if "store" in each["networks"]} == {"valkey", *REPLICAS}
    assert services["valkey"]["networks"] == ["store"]
    assert "ports" not in services["valkey"]


@of_every_server
def test_the_program_accepts_the_settings_of_a_service(path: Path, name: str, tmp_path: Path) -> None:
    """Files of the container are in a folder here; addresses and everything else are as they are."""
    write_secrets(tmp_path)
    service = read_compose_file(path)["services"][name]
    environment = {
        key: text.replace("/run/secrets", str(tmp_path)).replace("/etc/dockerhub-mcp", str(tmp_path))
        for key, text in service["environment"].items()
    }
    options = vars(build_parser().parse_args(service["command"]))
    for access in ("read", "write"):
        load_valid_settings(
            options, environment | {"DOCKERHUB_USERNAME": "acme", "DOCKERHUB_MCP_ACCESS": access}, validate
        )


def test_nginx_passes_on_every_path_for_clients_and_no_other() -> None:
    text = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    exact, below = (
        set(re.findall(rf"location {sign}(/[^ ]+) {{\s+proxy_pass http://", text)) for sign in ("= ", "")
    )
    path = Settings().path
    card = {path + CARD_SUFFIX, CATALOG_PATH}
    assert exact == {path, f"{path}/", *card, SSE_PATH, MESSAGES_PATH, "/readyz"}
    assert below == {RESOURCE_METADATA_PATH}


def test_the_commands_for_secrets_write_all_of_them(tmp_path: Path) -> None:
    write_secrets(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        *read_compose_file(SCALED)["secrets"],
        "callers.toml",
    }


def test_the_callers_are_understood(tmp_path: Path) -> None:
    StaticTokenVerifier.from_file(write_callers_file(tmp_path))


def test_the_agent_pins_images_with_the_server_of_the_compose_file(tmp_path: Path) -> None:
    services = read_compose_file(SIMPLE)["services"]
    server = services["dockerhub-mcp"]
    here = {
        "DOCKERHUB_MCP_SANDBOX": "true",
        "DOCKERHUB_MCP_AUTH_TOKENS_FILE": str(write_callers_file(tmp_path)),
        "DOCKERHUB_MCP_PORT": "0",
    }
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(
            forked_program(*server["command"]),
            env=CLEAN | server["environment"] | here,
            stdin=subprocess.DEVNULL,
            stderr=said,
        )
    try:
        url = wait_for_url(process, tmp_path / "said")
        agent = [
            sys.executable,
            str(ROOT / "deploy" / "agent.py"),
            *services["agent"]["command"],
            "redis:no-such",
        ]
        token = tmp_path / "agent-token"
        done = subprocess.run(
            agent,
            env=CLEAN | {"MCP_URL": url, "MCP_TOKEN_FILE": str(token)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        *pinned, missing = done.stdout.splitlines()
        assert [line.split("@sha256:")[0] for line in pinned] == services["agent"]["command"], done.stderr
        assert all(re.search(r"@sha256:[0-9a-f]{64}$", line) for line in pinned)
        assert "has no tag 'no-such'" in missing
        token.write_text("another")
        done = subprocess.run(
            agent,
            env=CLEAN | {"MCP_URL": url, "MCP_TOKEN_FILE": str(token)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert "This bearer token is not valid here" in done.stderr
        assert "Traceback" not in done.stderr
    finally:
        process.terminate()
        assert process.wait(60) == 0


def wait_for_url(process: subprocess.Popen[bytes], said: Path) -> str:
    end = time.monotonic() + 60
    while not (found := re.search(r"http://127\.0\.0\.1:\d+/mcp", said.read_text("utf-8"))):
        assert process.poll() is None, said.read_text("utf-8")
        assert time.monotonic() < end
        time.sleep(0.02)
    return found[0]


@pytest.mark.skipif(
    not NGINX,
    reason="nginx is not here; install it (nginx-light on Debian), or name it in DOCKERHUB_MCP_NGINX",
)
def test_nginx_takes_its_configuration_without_rights() -> None:
    text = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    assert "\nuser " not in text
    with tempfile.TemporaryDirectory() as folder:
        # Only paths and names that exist in a container alone are replaced.
        for ours, here in {
            " /tmp/": f" {folder}/",
            "/dev/stdout": f"{folder}/log",
            "server replica-": "server 127.0.0.",
        }.items():
            assert ours in text
            text = text.replace(ours, here)
        Path(folder, "nginx.conf").write_text(text, "utf-8")
        whom: dict[str, Any] = {}
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
            whom = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        done = subprocess.run(
            [str(NGINX), "-t", "-e", "stderr", "-c", f"{folder}/nginx.conf"],
            capture_output=True,
            text=True,
            check=False,
            **whom,
        )
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr

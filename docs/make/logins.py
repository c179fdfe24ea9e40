"""Trouble with the login that Docker keeps, made to happen: stores that are none, helpers that fail."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dockerhub_mcp.hub.auth.credential_helper import HelperEnvironment
from dockerhub_mcp.hub.auth.docker_config import HUB_SERVER_URL, LoginServer
from dockerhub_mcp.hub.auth.docker_login import DockerConfig, DockerLogin
from docs.make.stage import stage
from docs.make.transcripts import HOME
from docs.make.troubles import Happen

_PASS = {"credsStore": "pass"}


def _entry(name: str, secret: str, **more: str) -> dict[str, Any]:
    auth = base64.b64encode(f"{name}:{secret}".encode()).decode()
    return {"auths": {HUB_SERVER_URL: {"auth": auth, **more}}}


def _kept(config: dict[str, Any] | str, *, helper: str = "", seconds: float = 10.0) -> Happen:
    """Return what calls a tool with a `config.json` and perhaps a helper, and tells what the agent saw."""

    async def happen() -> str:
        with TemporaryDirectory() as home:
            directory = Path(home) / ".docker"
            directory.mkdir()
            text = config if isinstance(config, str) else json.dumps(config)
            (directory / "config.json").write_text(text, "utf-8")
            if helper:
                program = directory / "docker-credential-pass"
                program.write_text(f"#!/bin/sh\n{helper}\n", "utf-8")
                program.chmod(0o755)
            server = LoginServer((HUB_SERVER_URL,), is_docker_hub=True)
            surroundings = HelperEnvironment({"PATH": str(directory)}, extra_search_dirs=())
            store = DockerConfig(directory / "config.json", server, surroundings, helper_timeout=seconds)
            async with stage(None, credentials=DockerLogin(store)) as on:
                said = await on.call("list_org_members", {"org_name": "acme"})
        return said.text.replace(home, HOME)

    return happen


KEPT: dict[str, Happen] = {
    "which is not installed or not on the PATH": _kept(_PASS),
    "It may be waiting to be unlocked": _kept(_PASS, helper="exec /bin/sleep 60", seconds=1.0),
    "when it was asked for Docker's login": _kept(_PASS, helper="exit 1"),
    "is not the JSON object that Docker writes": _kept("{broken"),
    "is an identity token, which is for registries": _kept(_entry("ada", "", identitytoken="...")),
    "is a session of Docker's sign-in service": _kept(_entry("ada", "eyJhbGciOi.eyJzdWIiOi.c2ln")),
}
"""What makes each text appear that stands as a heading on the page."""

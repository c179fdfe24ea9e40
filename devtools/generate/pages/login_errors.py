"""Errors with the login of `docker login`: invalid configuration files and failing credential helpers."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from devtools.generate.pages.provoke import Provoke
from devtools.generate.pages.session import open_session
from devtools.generate.program import HOME
from dockerhub_mcp.hub.auth.credential_helper import HelperEnvironment
from dockerhub_mcp.hub.auth.docker_config import HUB_SERVER_URL, LoginServer
from dockerhub_mcp.hub.auth.docker_login import DockerConfig, DockerLogin

_PASS_STORE = {"credsStore": "pass"}


def _auth_entry(username: str, secret: str, **more: str) -> dict[str, Any]:
    auth = base64.b64encode(f"{username}:{secret}".encode()).decode()
    return {"auths": {HUB_SERVER_URL: {"auth": auth, **more}}}


def _call_with_login(
    config: dict[str, Any] | str, *, helper_script: str = "", helper_timeout: float = 10.0
) -> Provoke:
    """Return a function that calls a tool with this `config.json` and returns what the agent sees.

    Args:
        config: The content of `config.json`.
        helper_script: The shell script of the credential helper; no helper is installed without it.
        helper_timeout: Timeout of the helper, in seconds.
    """

    async def provoke() -> str:
        with TemporaryDirectory() as home:
            directory = Path(home) / ".docker"
            directory.mkdir()
            text = config if isinstance(config, str) else json.dumps(config)
            (directory / "config.json").write_text(text, "utf-8")
            if helper_script:
                program = directory / "docker-credential-pass"
                program.write_text(f"#!/bin/sh\n{helper_script}\n", "utf-8")
                program.chmod(0o755)
            server = LoginServer((HUB_SERVER_URL,), is_docker_hub=True)
            environment = HelperEnvironment({"PATH": str(directory)}, extra_search_dirs=())
            docker_config = DockerConfig(
                directory / "config.json", server, environment, helper_timeout=helper_timeout
            )
            async with open_session(None, credentials=DockerLogin(docker_config)) as session:
                result = await session.call_tool("list_org_members", {"org_name": "acme"})
        return result.text.replace(home, HOME)

    return provoke


LOGIN_ERRORS: dict[str, Provoke] = {
    "which is not installed or not on the PATH": _call_with_login(_PASS_STORE),
    "It may be waiting to be unlocked": _call_with_login(
        _PASS_STORE, helper_script="exec /bin/sleep 60", helper_timeout=1.0
    ),
    "when it was asked for Docker's login": _call_with_login(_PASS_STORE, helper_script="exit 1"),
    "is not the JSON object that Docker writes": _call_with_login("{broken"),
    "is an identity token, which is for registries": _call_with_login(
        _auth_entry("ada", "", identitytoken="...")
    ),
    "is a session of Docker's sign-in service": _call_with_login(
        _auth_entry("ada", "eyJhbGciOi.eyJzdWIiOi.c2ln")
    ),
}
"""What provokes the message of each heading of the troubleshooting page."""

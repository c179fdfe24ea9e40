"""Entries of docker/hub-mcp as people have them, and the files of hosts around them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dockerhub_mcp.install.editors import toml_edit
from dockerhub_mcp.install.hosts import HOSTS
from tests.support.installing import Person, parsed

SECRET = "dckr_pat_abcDEF-0123456789_xyz"
NODE_ARGUMENTS = ["/home/ada/docker-hub-mcp-server/dist/index.js", "--transport=stdio"]
REFERENCES = {
    "claude-code": "${HUB_PAT_TOKEN}",
    "vscode": "${input:hub-pat}",
    "cursor": "${env:HUB_PAT_TOKEN}",
    "windsurf": "${env:HUB_PAT_TOKEN}",
    "gemini-cli": "$HUB_PAT_TOKEN",
}


def render_servers(host: str, servers: dict[str, Any], **more: Any) -> bytes:
    """Return a file of a host with servers, and another server before them."""
    every = {"docs": {"command": "npx", "args": ["docs"]}} | servers
    if HOSTS[host].is_toml:
        text = 'model = "x"\n'
        for name, values in every.items():
            text = toml_edit.append_table(text, (HOSTS[host].servers_key, name), values)
        return text.encode()
    return json.dumps({**more, HOSTS[host].servers_key: every}, indent=4).encode()


def place_servers(person: Person, host: str, servers: dict[str, Any], **more: Any) -> Path:
    path = person.file(host)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(render_servers(host, servers, **more))
    path.chmod(0o640)
    return path


def node_entry(*arguments: str, **env: str) -> dict[str, Any]:
    return {"command": "node", "args": [*NODE_ARGUMENTS, *arguments]} | ({"env": env} if env else {})


def read_everything(person: Person) -> str:
    """Return everything that was said, and every file but the backups and those with a token."""
    files = [path for path in person.home.rglob("*") if path.is_file() and path.suffix != ".bak"]
    return "\n".join([*person.said, *(path.read_text() for path in files)])


def read_servers(person: Person, host: str) -> dict[str, Any]:
    found: dict[str, Any] = parsed(host, person.file(host).read_bytes())[HOSTS[host].servers_key]
    return found


DOCKER_RUN = ["run", "-i", "--rm"]
COMMANDS: dict[str, dict[str, Any]] = {
    "an image of the catalogue": {
        "command": "docker",
        "args": [*DOCKER_RUN, "-e", "HUB_PAT_TOKEN", "mcp/dockerhub", "--transport=stdio", "--username=ada"],
        "env": {"HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}"},
    },
    "a digest, podman and --env=": {
        "command": "/usr/bin/podman",
        "args": [
            *DOCKER_RUN,
            "--network",
            "host",
            "--env=HUB_PAT_TOKEN=${env:HUB_PAT_TOKEN}",
            "docker.io/mcp/dockerhub@sha256:0a",
            "--username=ada",
        ],
    },
    "a variable that is passed on": {
        "command": "docker.exe",
        "args": [
            "--context",
            "remote",
            "container",
            "run",
            "-di",
            "-eHUB_PAT_TOKEN",
            "hub",
            "--username=ada",
        ],
    },
    "a script of Windows": {
        "command": "C:\\Program Files\\nodejs\\node.exe",
        "args": ["C:\\src\\hub-mcp\\dist\\index.js", "--username=ada"],
        "env": {"HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}"},
    },
    "npx from the repository": {
        "command": "cmd",
        "args": ["/c", "npx", "-y", "github:docker/hub-mcp", "--username", "ada"],
        "env": {"HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}"},
    },
    "npm": {
        "command": "npm",
        "args": ["--prefix", "/src/hub-mcp", "start", "--", "--username=ada"],
        "env": {"HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}"},
    },
    "yarn, which passes on its options": {
        "command": "yarn",
        "args": ["--cwd=/src/hub-mcp", "start", "--username=ada"],
        "env": {"HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}"},
    },
    "npm exec": {
        "command": "npm",
        "args": ["exec", "--package=github:docker/hub-mcp", "--", "dockerhub-mcp-server", "--username=ada"],
        "env": {"HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}"},
    },
    "npx with a program of Node": {
        "command": "npx",
        "args": ["-y", "tsx", "/src/hub-mcp/src/index.ts", "--username=ada"],
        "env": {"HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}"},
    },
    "npm in a working directory": {
        "command": "npm",
        "args": ["start", "--", "--username=ada"],
        "cwd": "/src/hub-mcp",
        "env": {"HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}"},
    },
    "a shell": {
        "command": "/bin/sh",
        "args": [
            "-c",
            "cd /src/hub-mcp && HUB_PAT_TOKEN='${env:HUB_PAT_TOKEN}' exec node dist/index.js --username=ada",
        ],
    },
    "a list of words": {
        "type": "local",
        "command": ["node", "/src/hub-mcp/dist/index.js", "--username=ada"],
        "environment": {"HUB_PAT_TOKEN": "{env:HUB_PAT_TOKEN}"},
    },
    "an object": {
        "source": "custom",
        "command": {
            "path": "node",
            "args": ["/src/hub-mcp/dist/index.js", "--username=ada"],
            "env": {"HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}"},
        },
    },
    "one string": {
        "command": "docker run -i --rm -e HUB_PAT_TOKEN mcp/dockerhub --username=ada",
        "env": {"HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}"},
    },
    "a variable of a script in no telling place": {
        "command": "node",
        "args": ["/x/dist/index.js", "--username=ada"],
        "env": {"HUB_PAT_TOKEN": "${env:HUB_PAT_TOKEN}"},
    },
}

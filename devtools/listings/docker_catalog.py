"""The entry of Docker's MCP catalog: the files of a pull request to docker/mcp-registry."""

from __future__ import annotations

import json
from typing import Any

from devtools.listings.texts import ACCESS_TEXT, SUMMARY, TITLE, TOKEN_TEXT, TOOLSETS_TEXT, USERNAME_TEXT

HOSTS = [
    "hub.docker.com:443",
    "api.scout.docker.com:443",
    "auth.docker.io:443",
    "registry-1.docker.io:443",
    "production.cloudflare.docker.com:443",
]
"""The only hosts that the server connects to. The last one stores what the registry redirects to."""


def build_entry(repository: str, commit: str = "", icon_url: str = "") -> str:
    """Return `server.yaml`; the catalog builds the image from the repository's Dockerfile.

    Args:
        repository: The address of the repository; empty while there is none, and the entry has no source.
        commit: The commit of a release, which the catalog requires: 40 hexadecimal digits.
        icon_url: The address of the icon, if any.
    """
    name = "dockerhub-mcp"
    source = f"source:\n  project: {repository}\n" if repository else ""
    if source and commit:
        source += f"  commit: {commit}\n"
    icon = f"  icon: {icon_url}\n" if icon_url else ""
    properties = "".join(
        f"      {parameter}:\n        type: string\n        description: {json.dumps(text)}\n"
        for parameter, text in (
            ("username", USERNAME_TEXT),
            ("access", ACCESS_TEXT),
            ("toolsets", TOOLSETS_TEXT),
        )
    )
    hosts = "".join(f"    - {host}\n" for host in HOSTS)
    return f"""name: {name}
image: mcp/{name}
type: server
meta:
  category: devops
  tags:
    - docker
    - docker-hub
    - containers
about:
  title: {TITLE} for Agents
  description: {json.dumps(SUMMARY)}
{icon}{source}run:
  allowHosts:
{hosts}config:
  description: {json.dumps("Sign in to Docker Hub, or leave everything empty to read public data.")}
  secrets:
    - name: {name}.token
      env: DOCKERHUB_TOKEN
      example: <DOCKERHUB_TOKEN>
      description: {json.dumps(TOKEN_TEXT)}
      required: false
  env:
    - name: DOCKERHUB_USERNAME
      example: your-docker-id
      value: "{{{{{name}.username}}}}"
    - name: DOCKERHUB_MCP_ACCESS
      example: read
      value: "{{{{{name}.access}}}}"
    - name: DOCKERHUB_MCP_TOOLSETS
      example: default
      value: "{{{{{name}.toolsets}}}}"
  parameters:
    type: object
    properties:
{properties}"""


def build_tools(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return `tools.json`, from which the catalog learns the tools without starting the server."""
    return [
        {
            "name": entry["name"],
            "description": entry["description"],
            "arguments": [
                {
                    "name": name,
                    "type": _find_type(field),
                    "desc": field["description"],
                    **({} if name in entry["inputSchema"].get("required", ()) else {"optional": True}),
                }
                for name, field in entry["inputSchema"]["properties"].items()
            ],
            "annotations": entry["annotations"],
        }
        for entry in entries
    ]


def _find_type(field: dict[str, Any]) -> str:
    if "type" in field:
        return str(field["type"])
    kinds = [str(option["type"]) for option in field.get("anyOf", ()) if option.get("type") != "null"]
    return kinds[0] if kinds else "string"

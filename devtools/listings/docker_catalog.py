"""The entry of Docker's MCP catalogue: what a pull request to docker/mcp-registry has in its folder."""

from __future__ import annotations

import json
from typing import Any

from texts import ACCESS_TEXT, SUMMARY, TITLE, TOKEN, TOOLSETS_TEXT, USERNAME

HOSTS = ["hub.docker.com:443", "api.scout.docker.com:443"]
"""What the server talks to, and nothing else."""


def entry(repository: str, commit: str = "") -> str:
    """Return the entry of Docker's MCP catalogue, which builds the image from the repository's Dockerfile."""
    name = "dockerhub-mcp"
    source = f"source:\n  project: {repository}\n" if repository else ""
    if source and commit:
        source += f"  commit: {commit}\n"
    properties = "".join(
        f"      {parameter}:\n        type: string\n        description: {json.dumps(text)}\n"
        for parameter, text in (("username", USERNAME), ("access", ACCESS_TEXT), ("toolsets", TOOLSETS_TEXT))
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
{source}run:
  allowHosts:
{hosts}config:
  description: {json.dumps("Sign in to Docker Hub, or leave all empty to read what is public.")}
  secrets:
    - name: {name}.token
      env: DOCKERHUB_TOKEN
      example: <DOCKERHUB_TOKEN>
      description: {json.dumps(TOKEN)}
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


def tools(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the tools in the catalogue's form, so that it need not start the server to know them."""
    return [
        {
            "name": one["name"],
            "description": one["description"],
            "arguments": [
                {
                    "name": name,
                    "type": _type(field),
                    "desc": field["description"],
                    **({} if name in one["inputSchema"].get("required", ()) else {"optional": True}),
                }
                for name, field in one["inputSchema"]["properties"].items()
            ],
            "annotations": one["annotations"],
        }
        for one in entries
    ]


def _type(field: dict[str, Any]) -> str:
    if "type" in field:
        return str(field["type"])
    kinds = [str(one["type"]) for one in field.get("anyOf", ()) if one.get("type") != "null"]
    return kinds[0] if kinds else "string"

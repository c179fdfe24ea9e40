"""The entries of this server in directories of MCP servers."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from pathlib import Path
from typing import Any

from devtools.listings import docker_catalog
from devtools.listings.texts import ACCESS_TEXT, SUMMARY, TITLE, TOKEN_TEXT, TOOLSETS_TEXT, USERNAME_TEXT
from dockerhub_mcp import __version__
from dockerhub_mcp.bootstrap.hubs import build_registry
from dockerhub_mcp.config import ACCESS_LEVELS, Settings
from dockerhub_mcp.tools.catalog.registry import Registry

ROOT = Path(__file__).parents[2]
PACKAGING = Path("packaging")
ICON = PACKAGING / "icon.png"
"""A picture of 256 by 256 pixels of the icon in `dockerhub_mcp.server.icons`."""
SERVER_JSON_SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"


class PublishedNames:
    """The names under which a release is published."""

    def __init__(self, values: dict[str, str]) -> None:
        self.repository = values["repository"]
        self.registry_name = values["registry_name"]
        self.image = values["image"]

    @classmethod
    def read(cls) -> PublishedNames:
        """Return the names that `packaging/names.toml` sets."""
        return cls(tomllib.loads((ROOT / PACKAGING / "names.toml").read_text("utf-8")))

    @property
    def icon_url(self) -> str:
        """The address of the icon; empty while the repository has none."""
        return f"{self.repository}/raw/main/{ICON.as_posix()}" if self.repository else ""

    @property
    def urls(self) -> dict[str, str]:
        """The `[project.urls]` that pyproject.toml must have."""
        if not self.repository:
            return {}
        return {
            "Repository": self.repository,
            "Issues": f"{self.repository}/issues",
            "Changelog": f"{self.repository}/blob/main/CHANGELOG.md",
        }


def build_manifest(names: PublishedNames, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the manifest of the MCPB bundle, which hosts install with one click."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = {"required": False, "default": ""}
    content = {
        "manifest_version": "0.4",
        "name": project["name"],
        "display_name": TITLE,
        "version": __version__,
        "description": SUMMARY,
        "long_description": "A tool for every documented operation of the Docker Hub API. Without a token it "
        "reads public data. Tools that change something are off by default.",
        "icon": ICON.name,
        "author": project["authors"][0],
        "license": project["license"],
        "keywords": project["keywords"],
        "server": {
            "type": "uv",
            "entry_point": "server.py",
            "mcp_config": {
                "command": "uv",
                "args": ["run", "--directory", "${__dirname}", "server.py"],
                "env": {
                    "DOCKERHUB_USERNAME": "${user_config.username}",
                    "DOCKERHUB_TOKEN": "${user_config.token}",
                    "DOCKERHUB_MCP_ACCESS": "${user_config.access}",
                    "DOCKERHUB_MCP_TOOLSETS": "${user_config.toolsets}",
                    "DOCKERHUB_MCP_SANDBOX": "${user_config.sandbox}",
                },
            },
        },
        "tools": [
            {"name": entry["name"], "description": _first_sentence(entry["description"])} for entry in entries
        ],
        "tools_generated": True,
        "user_config": {
            "username": {"type": "string", "title": "Docker ID", "description": USERNAME_TEXT, **optional},
            "token": {
                "type": "string",
                "title": "Access token",
                "description": TOKEN_TEXT,
                "sensitive": True,
                **optional,
            },
            "access": {
                "type": "string",
                "title": "Access",
                "description": ACCESS_TEXT,
                "required": False,
                "default": Settings().access,
            },
            "toolsets": {
                "type": "string",
                "title": "Toolsets",
                "description": TOOLSETS_TEXT,
                "required": False,
                "default": "default",
            },
            "sandbox": {
                "type": "boolean",
                "title": "Sandbox",
                "description": "Use an embedded Docker Hub with sample data instead of your account.",
                "required": False,
                "default": False,
            },
        },
        "compatibility": {
            "platforms": ["darwin", "win32", "linux"],
            "runtimes": {"python": project["requires-python"]},
        },
    }
    if names.repository:
        content["repository"] = {"type": "git", "url": names.repository}
        content["support"] = f"{names.repository}/issues"
    return content


def build_server_json(names: PublishedNames, bundle: Path | None = None) -> dict[str, Any]:
    """Return the entry of the MCP registry; `bundle` is the MCPB file of a release."""
    variables: list[dict[str, Any]] = [
        {"name": "DOCKERHUB_USERNAME", "description": USERNAME_TEXT},
        {"name": "DOCKERHUB_TOKEN", "description": TOKEN_TEXT, "isSecret": True},
        {
            "name": "DOCKERHUB_TOKEN_FILE",
            "description": "A file that contains the token, instead of DOCKERHUB_TOKEN.",
            "format": "filepath",
        },
        {
            "name": "DOCKERHUB_MCP_ACCESS",
            "description": ACCESS_TEXT,
            "choices": list(ACCESS_LEVELS),
            "default": Settings().access,
        },
        {"name": "DOCKERHUB_MCP_TOOLSETS", "description": TOOLSETS_TEXT, "default": "default"},
    ]
    stdio = {"type": "stdio"}
    packages: list[dict[str, Any]] = [
        {
            "registryType": "pypi",
            "identifier": "dockerhub-mcp",
            "version": __version__,
            "runtimeHint": "uvx",
            "transport": stdio,
            "environmentVariables": variables,
        }
    ]
    if names.image:
        container_variables = [each for each in variables if each["name"] != "DOCKERHUB_TOKEN_FILE"]
        packages.append(
            {
                "registryType": "oci",
                "identifier": f"{names.image}:{__version__}",
                "runtimeHint": "docker",
                "transport": stdio,
                "environmentVariables": container_variables,
            }
        )
    if names.repository and bundle is not None:
        packages.append(
            {
                "registryType": "mcpb",
                "identifier": f"{names.repository}/releases/download/v{__version__}/{bundle.name}",
                "fileSha256": hashlib.sha256(bundle.read_bytes()).hexdigest(),
                "transport": stdio,
            }
        )
    content: dict[str, Any] = {
        "$schema": SERVER_JSON_SCHEMA,
        "name": names.registry_name,
        "title": TITLE,
        "description": SUMMARY,
        "version": __version__,
        "packages": packages,
    }
    if names.repository:
        content["repository"] = {"url": names.repository, "source": "github"}
        content["icons"] = [{"src": names.icon_url, "mimeType": "image/png", "sizes": ["256x256"]}]
    return content


def load_published_entries(registry: Registry) -> list[dict[str, Any]]:
    """Return the published entries of the tools that are on."""
    return [
        json.loads((ROOT / "tool_schemas" / f"{tool.name}.json").read_text("utf-8"))
        for tool in registry.tools
    ]


def build_listings(names: PublishedNames, bundle: Path | None = None, commit: str = "") -> dict[Path, str]:
    """Return the text of each listing by its path in the repository.

    Args:
        names: The published names.
        bundle: The MCPB file of a release.
        commit: The commit of a release.
    """
    entries = load_published_entries(build_registry(Settings()))
    return {
        PACKAGING / "mcpb" / "manifest.json": _dump_json(build_manifest(names, entries)),
        PACKAGING / "server.json": _dump_json(build_server_json(names, bundle)),
        PACKAGING / "docker-mcp-registry" / "server.yaml": docker_catalog.build_entry(
            names.repository, commit, names.icon_url
        ),
        PACKAGING / "docker-mcp-registry" / "tools.json": _dump_json(docker_catalog.build_tools(entries)),
    }


def find_wrong_names(names: PublishedNames) -> list[str]:
    """Return what must be corrected in hand-written files that name the project, one line per file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    problems = []
    if project.get("urls", {}) != names.urls:
        problems.append(f"pyproject.toml: [project.urls] must be {names.urls}")
    if f"ARG SERVER_NAME={names.registry_name}\n" not in (ROOT / "Dockerfile").read_text("utf-8"):
        problems.append(f"Dockerfile: SERVER_NAME must be {names.registry_name}")
    readme = (ROOT / "README.md").read_text("utf-8")
    if re.findall(r"^<!-- mcp-name: (\S+) -->$", readme, re.MULTILINE) != [names.registry_name]:
        problems.append(f"README.md: one line must be <!-- mcp-name: {names.registry_name} -->")
    return problems


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\.)\s", text, maxsplit=1)[0]


def _dump_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"

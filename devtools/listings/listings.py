"""Makes what directories of MCP servers want to know, from what the program knows of itself.

python packaging/listings.py            writes the files
python packaging/listings.py --check    changes nothing; tells what is not in step, and fails then
--bundle FILE  --commit SHA             what only a release knows: its bundle, and the commit it was made of
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import catalogue
from texts import ACCESS_TEXT, SUMMARY, TITLE, TOKEN, TOOLSETS_TEXT, USERNAME

from dockerhub_mcp import __version__
from dockerhub_mcp.bootstrap.hubs import build_registry
from dockerhub_mcp.config import ACCESS_LEVELS, Settings
from dockerhub_mcp.tools.catalog.registry import Registry

ROOT = Path(__file__).parents[1]
HERE = Path("packaging")


class Names:
    """What a release is published as."""

    def __init__(self, values: dict[str, str]) -> None:
        self.repository = values["repository"]
        self.registry_name = values["registry_name"]
        self.image = values["image"]

    @classmethod
    def read(cls) -> Names:
        """Read what is set for this project."""
        return cls(tomllib.loads((ROOT / HERE / "names.toml").read_text("utf-8")))

    @property
    def urls(self) -> dict[str, str]:
        """The addresses that pyproject.toml has to have."""
        if not self.repository:
            return {}
        return {
            "Repository": self.repository,
            "Issues": f"{self.repository}/issues",
            "Changelog": f"{self.repository}/blob/main/CHANGELOG.md",
        }


def manifest(names: Names, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the manifest of the MCPB bundle, which hosts install with a click."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = {"required": False, "default": ""}
    made = {
        "manifest_version": "0.4",
        "name": project["name"],
        "display_name": TITLE,
        "version": __version__,
        "description": SUMMARY,
        "long_description": "One tool for each documented method of the Docker Hub API. Without a token it "
        "reads what is public. Tools that change something are off until you choose so.",
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
            {"name": entry["name"], "description": _sentence(entry["description"])} for entry in entries
        ],
        "tools_generated": True,
        "user_config": {
            "username": {"type": "string", "title": "Docker ID", "description": USERNAME, **optional},
            "token": {
                "type": "string",
                "title": "Access token",
                "description": TOKEN,
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
                "description": "Answer from an embedded Docker Hub with sample data. No account is used.",
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
        made["repository"] = {"type": "git", "url": names.repository}
        made["support"] = f"{names.repository}/issues"
    return made


def server_json(names: Names, bundle: Path | None = None) -> dict[str, Any]:
    """Return the entry of the MCP registry."""
    variables: list[dict[str, Any]] = [
        {"name": "DOCKERHUB_USERNAME", "description": USERNAME},
        {"name": "DOCKERHUB_TOKEN", "description": TOKEN, "isSecret": True},
        {
            "name": "DOCKERHUB_TOKEN_FILE",
            "description": "A file with the token, instead of DOCKERHUB_TOKEN.",
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
        inside = [one for one in variables if one["name"] != "DOCKERHUB_TOKEN_FILE"]
        packages.append(
            {
                "registryType": "oci",
                "identifier": f"{names.image}:{__version__}",
                "runtimeHint": "docker",
                "transport": stdio,
                "environmentVariables": inside,
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
    made: dict[str, Any] = {
        "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        "name": names.registry_name,
        "title": TITLE,
        "description": SUMMARY,
        "version": __version__,
        "packages": packages,
    }
    if names.repository:
        made["repository"] = {"url": names.repository, "source": "github"}
    return made


def _sentence(text: str) -> str:
    return re.split(r"(?<=\.)\s", text, maxsplit=1)[0]


def entries_of(registry: Registry) -> list[dict[str, Any]]:
    """Return the published entries of the tools that are on unless somebody says otherwise."""
    return [
        json.loads((ROOT / "tool_schemas" / f"{method.tool_name}.json").read_text("utf-8"))
        for method in registry.tools
    ]


def made(names: Names, bundle: Path | None = None, commit: str = "") -> dict[Path, str]:
    """Return the text of each file by its path in the repository."""
    entries = entries_of(build_registry(Settings()))
    return {
        HERE / "mcpb" / "manifest.json": _plain(manifest(names, entries)),
        HERE / "server.json": _plain(server_json(names, bundle)),
        HERE / "docker-mcp-registry" / "server.yaml": catalogue.entry(names.repository, commit),
        HERE / "docker-mcp-registry" / "tools.json": _plain(catalogue.tools(entries)),
    }


def _plain(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def by_hand(names: Names) -> list[str]:
    """Return what names the project in files that people write, and is not in step, a line each."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found = []
    if project.get("urls", {}) != names.urls:
        found.append(f"pyproject.toml: [project.urls] has to be {names.urls}")
    if f"ARG SERVER_NAME={names.registry_name}\n" not in (ROOT / "Dockerfile").read_text("utf-8"):
        found.append(f"Dockerfile: SERVER_NAME has to be {names.registry_name}")
    marked = re.findall(r"^<!-- mcp-name: (\S+) -->$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    if marked != [names.registry_name]:
        found.append(f"README.md: one line has to be <!-- mcp-name: {names.registry_name} -->")
    return found


def main() -> int:
    """Write the files, or tell what is not in step."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--commit", default="")
    options = parser.parse_args()
    names, wrong = Names.read(), []
    for path, text in made(names, options.bundle, options.commit).items():
        if not options.check:
            (ROOT / path).write_text(text, "utf-8")
        elif (ROOT / path).read_text("utf-8") != text:
            wrong.append(f"{path}: run python packaging/listings.py")
    wrong += by_hand(names)
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

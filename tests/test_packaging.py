"""Published metadata is correct and in the format that each registry requires."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
import re
import struct
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from devtools.listings import listings
from devtools.listings.listings import PublishedNames
from dockerhub_mcp import __version__, config
from dockerhub_mcp.config import Settings

ROOT = Path(__file__).parents[1]
PACKAGING = ROOT / "packaging"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
RELEASED = {
    "repository": "https://github.com/owner/dockerhub-mcp",
    "registry_name": "io.github.owner/dockerhub-mcp",
    "image": "ghcr.io/owner/dockerhub-mcp",
}
KNOWN = {config.env_var_for(one) for one in dataclasses.fields(Settings)} | {
    *("DOCKERHUB_USERNAME", "DOCKERHUB_TOKEN", "DOCKERHUB_TOKEN_FILE")
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
of_every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def script(name: str, folder: str = "") -> ModuleType:
    """Import a script from its own folder."""
    place = str(PACKAGING / folder)
    sys.path.insert(0, place)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(place)


def test_the_files_are_those_that_the_program_makes() -> None:
    for path, text in listings.build_listings(PublishedNames.read()).items():
        assert (ROOT / path).read_text("utf-8") == text, "run: python -m devtools.generate"


def test_what_people_write_names_the_same() -> None:
    assert listings.find_wrong_names(PublishedNames.read()) == []


def test_what_people_have_to_change_for_a_release_is_told() -> None:
    told = listings.find_wrong_names(PublishedNames(RELEASED))
    assert [line.partition(":")[0] for line in told] == ["pyproject.toml", "Dockerfile", "README.md"]
    assert "https://github.com/owner/dockerhub-mcp/issues" in told[0]


def test_the_metadata_says_what_it_can() -> None:
    project = PROJECT["project"]
    assert {
        "description",
        "readme",
        "license",
        "license-files",
        "requires-python",
        "authors",
        "keywords",
    } <= set(project)
    assert project["dynamic"] == ["version"]
    assert len(project["description"]) < 200
    included = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included == {"tool_schemas": "dockerhub_mcp/tool_schemas"}


ICON_URL = "https://github.com/owner/dockerhub-mcp/raw/main/packaging/icon.png"


# The MCP registry, schema 2025-12-11: the rules of its schema and its publisher.


def check_registry_entry(entry: dict[str, Any]) -> None:
    assert entry["$schema"] == "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", entry["name"])
    assert 3 <= len(entry["name"]) <= 200
    assert 1 <= len(entry["description"]) <= 100
    assert 1 <= len(entry["title"]) <= 100
    assert re.fullmatch(r"\d+\.\d+\.\d+(?:[-.a-z0-9]+)?", entry["version"])
    assert set(entry) <= {
        "$schema",
        "name",
        "title",
        "description",
        "version",
        "packages",
        "repository",
        "icons",
    }
    assert ("icons" in entry) == ("repository" in entry), "the repository has the picture"
    if "repository" in entry:
        assert entry["icons"] == [{"src": ICON_URL, "mimeType": "image/png", "sizes": ["256x256"]}]
        assert set(entry["repository"]) == {"url", "source"}
        assert entry["repository"]["url"].startswith("https://github.com/")
    for package in entry["packages"]:
        assert package["transport"] == {"type": "stdio"}
        for variable in package.get("environmentVariables", ()):
            assert variable["name"] in KNOWN
            assert set(variable) <= {"name", "description", "isSecret", "format", "choices", "default"}
            assert variable.get("isSecret", False) == (variable["name"] == "DOCKERHUB_TOKEN")
            assert variable.get("format", "string") in {"string", "filepath"}
            if "choices" in variable:
                assert variable["default"] in variable["choices"]
    pypi = entry["packages"][0]
    assert (pypi["registryType"], pypi["runtimeHint"]) == ("pypi", "uvx")
    assert "registryBaseUrl" not in pypi  # the type implies the package index; no host is named
    assert (pypi["identifier"], pypi["version"]) == (PROJECT["project"]["name"], __version__)
    assert entry["version"] == __version__


def test_the_registrys_entry_as_it_is_kept() -> None:
    entry = json.loads((PACKAGING / "server.json").read_text("utf-8"))
    check_registry_entry(entry)


def test_the_registrys_entry_of_a_release(tmp_path: Path) -> None:
    bundle = tmp_path / f"dockerhub-mcp-{__version__}.mcpb"
    bundle.write_bytes(b"bundle")
    entry = listings.build_server_json(PublishedNames(RELEASED), bundle)
    check_registry_entry(entry)
    assert entry["repository"] == {"url": RELEASED["repository"], "source": "github"}
    _, image, packed = entry["packages"]
    assert (image["registryType"], image["identifier"]) == ("oci", f"{RELEASED['image']}:{__version__}")
    assert "version" not in image  # it is part of the identifier
    assert packed["fileSha256"] == hashlib.sha256(b"bundle").hexdigest()
    assert packed["identifier"] == (
        f"https://github.com/owner/dockerhub-mcp/releases/download/v{__version__}/dockerhub-mcp-{__version__}.mcpb"
    )
    assert "mcp" in packed["identifier"]  # the registry requires it in the address


def test_the_icon_is_as_large_as_it_is_said_to_be() -> None:
    content = (ROOT / listings.ICON).read_bytes()
    assert len(content) < 2_000_000
    assert content.startswith(b"\x89PNG")
    assert struct.unpack(">II", content[16:24]) == (256, 256), "Docker's catalogue takes up to 512 pixels"


# Docker's catalogue: the rules of the checks in docker/mcp-registry.


def catalogue_entry(text: str) -> dict[str, Any]:
    entry: dict[str, Any] = yaml.safe_load(text)
    return entry


@pytest.mark.parametrize("released", [False, True])
def test_dockers_catalogue_takes_the_entry(released: bool) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    text = (PACKAGING / "docker-mcp-registry" / "server.yaml").read_text("utf-8")
    if released:
        text = listings.build_listings(PublishedNames(RELEASED), None, commit)[
            Path("packaging") / "docker-mcp-registry" / "server.yaml"
        ]
    entry = catalogue_entry(text)
    assert set(entry) == {"name", "image", "type", "meta", "about", "run", "config"} | (
        {"source"} if released else set()
    )
    name = entry["name"]
    assert re.fullmatch(r"[a-z0-9-]+", name)
    assert (entry["type"], entry["image"]) == ("server", f"mcp/{name}")
    assert entry["meta"]["category"] == "devops"
    assert entry["meta"]["tags"]
    title = entry["about"]["title"]
    assert "MCP" not in title
    assert "Server" not in title
    assert all(word[0].isupper() or word in {"and", "for"} for word in title.split())
    assert entry["about"]["description"]
    assert entry["about"].get("icon") == (ICON_URL if released else None)
    if released:
        assert entry["source"] == {"project": RELEASED["repository"], "commit": commit}
    asked = entry["config"]
    for secret in asked["secrets"]:
        assert re.fullmatch(r"[A-Za-z0-9_-]+\.[A-Za-z0-9._-]+", secret["name"])
        assert secret["name"].startswith(f"{name}.")
        assert secret["example"] == f"<{secret['env']}>"
        assert secret["env"] in KNOWN
    named = set()
    for variable in asked["env"]:
        assert variable["name"] in KNOWN
        found = re.fullmatch(r"\{\{([a-z-]+)\.(\w+)\}\}", variable["value"])
        assert found
        assert found[1] == name
        named.add(found[2])
    assert named == set(asked["parameters"]["properties"])
    assert all(
        one["type"] == "string" and one["description"] for one in asked["parameters"]["properties"].values()
    )
    # The catalogue leaves unset values empty; the server then reads public data.
    assert config.load_settings({}, dict.fromkeys(KNOWN - {""}, "")).access == "read"


def test_dockers_catalogue_hosts_are_those_that_the_program_talks_to() -> None:
    entry = catalogue_entry((PACKAGING / "docker-mcp-registry" / "server.yaml").read_text("utf-8"))
    hosts = {host.removesuffix(":443") for host in entry["run"]["allowHosts"]}
    source = "".join(
        path.read_text("utf-8")
        for package in ("hub", "registry")
        for path in (ROOT / "src" / "dockerhub_mcp" / package).rglob("*.py")
    )
    source += f'"{Settings().api_url}'
    named = set(re.findall(r'"https://([a-z0-9.-]+\.docker\.(?:com|io))', source))
    # Users create tokens at the first; the second is the name under which Docker keeps its login.
    named -= {"app.docker.com", "index.docker.io"}
    assert hosts == named | {"production.cloudflare.docker.com"}  # to which the registry redirects


def test_dockers_catalogue_knows_the_tools() -> None:
    tools = json.loads((PACKAGING / "docker-mcp-registry" / "tools.json").read_text("utf-8"))
    manifest = json.loads((PACKAGING / "mcpb" / "manifest.json").read_text("utf-8"))
    assert [tool["name"] for tool in tools] == [tool["name"] for tool in manifest["tools"]]
    assert len(tools) > 20
    for tool in tools:
        published = json.loads((ROOT / "tool_schemas" / f"{tool['name']}.json").read_text("utf-8"))
        assert tool["description"] == published["description"]
        required = {one["name"] for one in tool["arguments"] if not one.get("optional")}
        assert required == set(published["inputSchema"].get("required", ()))
        for one in tool["arguments"]:
            assert one["desc"].strip()
            assert one["type"] in {"string", "integer", "number", "boolean", "array", "object"}


# The bundle.


def test_the_bundle_asks_for_what_the_program_reads() -> None:
    manifest = json.loads((PACKAGING / "mcpb" / "manifest.json").read_text("utf-8"))
    asked = manifest["user_config"]
    variables = manifest["server"]["mcp_config"]["env"]
    assert set(variables) <= KNOWN
    used = {re.fullmatch(r"\$\{user_config\.(\w+)\}", value)[1] for value in variables.values()}  # type: ignore[index]
    assert used == set(asked)
    assert [name for name, one in asked.items() if one.get("sensitive")] == ["token"]
    assert not any(one["required"] for one in asked.values())
    # As a host fills it in for a user without settings: the program's own defaults.
    filled = {
        name: str(asked[value[len("${user_config.") : -1]]["default"]).lower()
        for name, value in variables.items()
    }
    settings = config.load_settings({}, filled)
    assert dataclasses.replace(settings, toolsets=()) == Settings()
    assert settings.toolsets == ("default",)
    assert manifest["version"] == __version__
    assert manifest["license"] == PROJECT["project"]["license"]


def test_the_bundle_has_the_wheel_and_pins_what_it_needs(tmp_path: Path) -> None:
    build = script("build", "mcpb")
    wheel = tmp_path / f"dockerhub_mcp-{__version__}-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    build.build_bundle(wheel, tmp_path / "bundle")
    assert {path.name for path in (tmp_path / "bundle").iterdir()} == {
        *("manifest.json", "server.py", "pyproject.toml", "icon.png", "LICENSE", wheel.name)
    }
    made = tomllib.loads((tmp_path / "bundle" / "pyproject.toml").read_text("utf-8"))
    assert made["tool"]["uv"]["sources"] == {"dockerhub-mcp": {"path": wheel.name}}
    assert made["project"]["requires-python"] == PROJECT["project"]["requires-python"]
    text = (ROOT / "requirements.txt").read_text("utf-8")
    pinned = re.findall(r"^([\w.-]+)(?:\[\w+\])?==", text, re.MULTILINE)
    constraints = made["tool"]["uv"]["constraint-dependencies"]
    assert [re.match(r"[\w.-]+", one)[0] for one in constraints] == pinned  # type: ignore[index]
    assert "mcp" in pinned
    assert [
        one for one in constraints if ";" in one and "sys_platform" not in one and "python" not in one
    ] == []


def test_the_bundles_packer_is_the_same_everywhere() -> None:
    version = re.findall(r"^MCPB=(.+)$", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    wanted = json.loads((PACKAGING / "npm" / "package.json").read_text("utf-8"))["devDependencies"]
    locked = json.loads((PACKAGING / "npm" / "package-lock.json").read_text("utf-8"))["packages"]
    assert [wanted["@anthropic-ai/mcpb"]] == version
    assert locked["node_modules/@anthropic-ai/mcpb"]["version"] == version[0]
    assert all("integrity" in one for name, one in locked.items() if name)


def test_the_bill_of_materials_names_what_is_installed() -> None:
    sbom = script("sbom")
    text = (ROOT / "requirements.txt").read_text("utf-8")
    document = sbom.build_sbom(__version__, text, datetime(2026, 1, 2, tzinfo=UTC))
    assert document["creationInfo"]["created"] == "2026-01-02T00:00:00Z"
    names = [one["name"] for one in document["packages"]]
    assert names[0] == "dockerhub-mcp"
    assert names[1:] == re.findall(r"^([\w.-]+)(?:\[\w+\])?==", text, re.MULTILINE)
    known = {one["SPDXID"] for one in document["packages"]} | {"SPDXRef-DOCUMENT"}
    assert all(re.fullmatch(r"SPDXRef-[a-zA-Z0-9.-]+", one) for one in known)
    assert len(document["relationships"]) == len(names)
    for relation in document["relationships"]:
        assert {relation["spdxElementId"], relation["relatedSpdxElement"]} <= known


# The workflows.


def workflow(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - texts alone
    return read


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in workflow(path)["jobs"].values() for step in job["steps"]]


def test_there_are_workflows() -> None:
    assert [path.stem for path in WORKFLOWS] == ["image", "release", "tests"]


@of_every_workflow
def test_an_action_is_pinned_by_its_commit(path: Path) -> None:
    lines = re.findall(r"^\s*(?:- )?uses: (.*)$", path.read_text("utf-8"), re.MULTILINE)
    assert len(lines) == sum("uses" in step for step in steps(path))
    for line in lines:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


@of_every_workflow
def test_a_job_has_no_right_that_it_was_not_given(path: Path) -> None:
    read = workflow(path)
    assert read["permissions"] == {}
    for job in read["jobs"].values():
        assert job["permissions"]
        assert int(job["timeout-minutes"]) <= 60
        assert job["runs-on"] == "ubuntu-24.04"
    if "pull_request" in read["on"]:
        assert all(job["permissions"] == {"contents": "read"} for job in read["jobs"].values())
    assert "pull_request_target" not in read["on"]
    for step in steps(path):
        assert "${{" not in step.get("run", "")  # untrusted text is not inserted into a script
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"


@of_every_workflow
def test_no_secret_is_kept_for_a_workflow(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "secrets." not in text
    if "pull_request" in workflow(path)["on"]:
        assert "github.token" not in text


def test_every_python_that_is_named_is_tested() -> None:
    (tested,) = (
        job["strategy"]["matrix"]["python"]
        for job in workflow(ROOT / ".github" / "workflows" / "tests.yml")["jobs"].values()
        if "strategy" in job
    )
    named = [re.search(r":: (3\.\d+)$", one) for one in PROJECT["project"]["classifiers"]]
    assert tested == [found[1] for found in named if found]


def test_everything_that_a_workflow_installs_is_pinned_with_its_hash() -> None:
    for path in WORKFLOWS:
        for step in steps(path):
            for line in step.get("run", "").splitlines():
                if "pip install" in line or 'pip" install' in line:
                    assert "--require-hashes" in line or "--no-deps" in line, line
    for name in ("requirements.txt", "requirements-publish.txt"):
        text = (PACKAGING / name).read_text("utf-8")
        assert "--index-url" not in text
        assert text.count("--hash=sha256:") > text.count("==")

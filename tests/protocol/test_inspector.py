"""The server through the MCP Inspector, started from a shell."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dockerhub_mcp.skills.catalog import SKILLS
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.workflows.base import WorkflowTool
from tests.support.programs import forked_program

INSPECTOR = os.environ.get("DOCKERHUB_MCP_INSPECTOR", "")
NODE = os.environ.get("DOCKERHUB_MCP_NODE") or shutil.which("node") or ""
if not INSPECTOR or not NODE:
    pytest.skip(
        "the MCP Inspector is not here; set DOCKERHUB_MCP_INSPECTOR to its script, and DOCKERHUB_MCP_NODE to "
        "Node 22.19 or later where that is not `node` (.ci/run does)",
        allow_module_level=True,
    )

CONTRACT = Path(__file__).parents[2] / "tool_schemas"
OF_THE_REFERENCE = {
    *("create_auth_token", "login", "complete_2fa_login"),
    *("list_repositories", "get_repository", "check_repository"),
    *("list_tags", "get_tag", "check_tag"),
    *("list_access_tokens", "get_access_token", "list_org_access_tokens"),
    *("list_org_members", "list_org_groups", "get_org_settings"),
    *("list_audit_logs", "list_audit_log_actions"),
}
"""The methods of the reference that are enabled by default."""
ERAS = pytest.mark.parametrize("era", ["legacy", "modern"])
TOOL_SAID_NO = 5
"""The Inspector's exit code for a tool that answers with an error, or that is not there."""


class Said(NamedTuple):
    """The output of the Inspector."""

    code: int
    result: dict[str, Any]
    errors: str

    @property
    def text(self) -> str:
        return "\n".join(part["text"] for part in self.result["content"])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A separate home directory, so that the user's Inspector settings have no effect."""
    return tmp_path


def inspect(home: Path, *arguments: str, era: str = "legacy") -> Said:
    done = run_inspector(home, "--format", "json", *arguments, era=era)
    return Said(done.returncode, json.loads(done.stdout or "{}").get("result", {}), done.stderr)


def run_inspector(home: Path, *arguments: str, era: str) -> subprocess.CompletedProcess[str]:
    server = forked_program("--sandbox", "--results", "both")
    how = ["--protocol-era", era, *arguments]
    return subprocess.run(
        [NODE, INSPECTOR, "--cli", *server, *how],
        env={**os.environ, "HOME": str(home)},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@ERAS
def test_the_skills_are_what_the_server_says_of_them(home: Path, era: str) -> None:
    """The Inspector compares the files with their digests, sizes and frontmatter."""
    done = run_inspector(home, "--method", "skills/list", "--verify", era=era)
    assert done.returncode == 0, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert [report["name"] for report in reports] == [
        skill.name for skill in SKILLS if not Registry().disabled_reason(skill.main_tool)
    ]
    for report in reports:
        assert (report["outcome"], report["conformance"], report["frontmatter"]) == ("verified", [], [])


def call(home: Path, tool: str, *pairs: str, era: str = "legacy") -> Said:
    given = [part for pair in pairs for part in ("--tool-arg", pair)]
    return inspect(home, "--method", "tools/call", "--tool-name", tool, *given, era=era)


@ERAS
def test_the_inspector_lists_what_the_contract_publishes(home: Path, era: str) -> None:
    said = inspect(home, "--method", "tools/list", "--strict", era=era)
    assert said.code == 0, said.errors  # --strict fails on schemas that some clients reject
    listed = {tool["name"]: tool for tool in said.result["tools"]}
    assert len(said.result["tools"]) == len(listed)
    assert listed.keys() == {tool.name for tool in Registry().tools}
    assert listed.keys() - OF_THE_REFERENCE == {
        *("search_repositories", "list_hardened_images"),
        *("get_current_user", "list_organizations", "get_organization"),
        *(
            each.name
            for each in ALL_TOOLS
            if isinstance(each, WorkflowTool) and each.is_enabled_by_default and not each.is_mutation
        ),
    }
    assert listed == {name: json.loads((CONTRACT / f"{name}.json").read_text("utf-8")) for name in listed}


@ERAS
def test_a_tag_is_read(home: Path, era: str) -> None:
    said = call(home, "get_tag", "repository=redis", "tag=latest", era=era)
    assert said.code == 0, said.errors
    assert said.result["structuredContent"]["name"] == "latest"
    assert said.result["structuredContent"]["digest"].startswith("sha256:")
    assert f"digest: {said.result['structuredContent']['digest']}\n" in said.text


@ERAS
def test_a_number_arrives_as_one(home: Path, era: str) -> None:
    said = call(home, "list_tags", "repository=redis", "page_size=2", era=era)
    assert said.code == 0, said.errors
    assert len(said.result["structuredContent"]["results"]) == 2
    assert said.result["structuredContent"]["page_size"] == 2
    assert said.text.startswith("2 of ")


def test_pages_are_walked(home: Path) -> None:
    said = call(home, "list_tags", "repository=redis", "max_items=120")
    assert said.code == 0, said.errors
    assert len(said.result["structuredContent"]["results"]) == 120


def test_members_are_filtered(home: Path) -> None:
    said = call(home, "list_org_members", "org_name=acme", "role=owner", "invites=false")
    assert said.code == 0, said.errors
    members = said.result["structuredContent"]["results"]
    assert "ada" in {member["username"] for member in members}
    assert {member["role"] for member in members} == {"Owner"}


@ERAS
@pytest.mark.parametrize(
    ("pairs", "complaint"),
    [
        pytest.param(["repository=redis"], "tag: is required", id="left out"),
        pytest.param(
            ["repository=redis", "tag=8", "tga=9"], "tga: get_tag has no such argument", id="misspelt"
        ),
    ],
)
def test_a_wrong_argument_is_named(home: Path, era: str, pairs: list[str], complaint: str) -> None:
    said = call(home, "get_tag", *pairs, era=era)
    assert said.code == TOOL_SAID_NO
    assert said.result["isError"] is True
    assert complaint in said.text


@pytest.mark.parametrize("tool", ["get_tags", "create_repository"])
def test_a_tool_that_is_not_on_is_not_found(home: Path, tool: str) -> None:
    said = call(home, tool, "namespace=acme", "name=app")
    assert said.code == TOOL_SAID_NO
    assert json.loads(said.errors.splitlines()[-1])["error"]["code"] == "tool_not_found"
    assert said.result == {}


@ERAS
def test_resources_and_prompts_are_shown(home: Path, era: str) -> None:
    listed = inspect(home, "--method", "resources/list", era=era)
    assert [each["uri"] for each in listed.result["resources"]] == ["dockerhub://server"]
    templates = inspect(home, "--method", "resources/templates/list", era=era).result["resourceTemplates"]
    assert [each["name"] for each in templates] == ["repository", "tag", "readme", "plan"]
    read = inspect(home, "--method", "resources/read", "--uri", "dockerhub://library/redis/readme", era=era)
    (contents,) = read.result["contents"]
    assert contents["mimeType"] == "text/markdown"
    assert "\n> # Quick reference\n" in contents["text"]
    prompts = inspect(home, "--method", "prompts/list", era=era).result["prompts"]
    assert len(prompts) == 5
    filled = inspect(
        home, "--method", "prompts/get", "--prompt-name", "pin_image", "--prompt-args", "image=redis", era=era
    )
    assert "by digest: redis." in filled.result["messages"][0]["content"]["text"]

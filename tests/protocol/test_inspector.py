"""The server through the command line of the MCP Inspector.

It is started from a shell for the list of tools; one process runs it for all other tests.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
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

RUNNER = Path(__file__).with_name("clients") / "inspector.mjs"
JSON = ("--format", "json")
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
TOOL_FAILED = 5
"""The Inspector's exit code for a tool that answers with an error, or that is not there."""


class Output(NamedTuple):
    """What the Inspector wrote, and its exit code."""

    code: int
    output: str
    errors: str

    @property
    def result(self) -> dict[str, Any]:
        result: dict[str, Any] = json.loads(self.output or "{}").get("result", {})
        return result

    @property
    def text(self) -> str:
        return "\n".join(part["text"] for part in self.result["content"])


RunInspector = Callable[..., Output]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    """Start the process that runs the Inspector, with a home of its own, as the user's settings must have no effect."""
    home = tmp_path_factory.mktemp("home")
    process = subprocess.Popen(
        [NODE, RUNNER, Path(INSPECTOR).parents[2] / "cli" / "build" / "index.js"],
        env={**os.environ, "HOME": str(home)},
        cwd=home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    with process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0


@pytest.fixture
def run_inspector(running: subprocess.Popen[str]) -> RunInspector:
    """Return a function that runs the Inspector against a server that it starts."""
    assert running.stdin is not None
    assert running.stdout is not None
    requests, responses = running.stdin, running.stdout

    def run(*arguments: str, era: str = "legacy") -> Output:
        requests.write(json.dumps(complete_arguments(arguments, era)) + "\n")
        requests.flush()
        return Output(**json.loads(responses.readline()))

    return run


def complete_arguments(arguments: Sequence[str], era: str) -> list[str]:
    server = forked_program("--sandbox", "--results", "both")
    return [*server, "--protocol-era", era, *arguments]


def call(run_inspector: RunInspector, tool: str, *pairs: str, era: str = "legacy") -> Output:
    given = [part for pair in pairs for part in ("--tool-arg", pair)]
    return run_inspector("--method", "tools/call", "--tool-name", tool, *JSON, *given, era=era)


@ERAS
def test_the_skills_are_what_the_server_says_of_them(run_inspector: RunInspector, era: str) -> None:
    """The Inspector compares the files with their digests, sizes and frontmatter."""
    done = run_inspector("--method", "skills/list", "--verify", era=era)
    assert done.code == 0, done.errors
    reports = [json.loads(line) for line in done.output.splitlines()]
    assert [report["name"] for report in reports] == [
        skill.name for skill in SKILLS if not Registry().disabled_reason(skill.main_tool)
    ]
    for report in reports:
        assert (report["outcome"], report["conformance"], report["frontmatter"]) == ("verified", [], [])


@ERAS
def test_the_inspector_lists_what_the_contract_publishes(tmp_path: Path, era: str) -> None:
    done = subprocess.run(
        [NODE, INSPECTOR, "--cli", *complete_arguments(["--method", "tools/list", "--strict", *JSON], era)],
        env={**os.environ, "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr  # --strict fails on schemas that some clients reject
    tools = json.loads(done.stdout)["result"]["tools"]
    listed = {tool["name"]: tool for tool in tools}
    assert len(tools) == len(listed)
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
def test_a_tag_is_read(run_inspector: RunInspector, era: str) -> None:
    shown = call(run_inspector, "get_tag", "repository=redis", "tag=latest", era=era)
    assert shown.code == 0, shown.errors
    assert shown.result["structuredContent"]["name"] == "latest"
    assert shown.result["structuredContent"]["digest"].startswith("sha256:")
    assert f"digest: {shown.result['structuredContent']['digest']}\n" in shown.text


@ERAS
def test_a_number_arrives_as_one(run_inspector: RunInspector, era: str) -> None:
    shown = call(run_inspector, "list_tags", "repository=redis", "page_size=2", era=era)
    assert shown.code == 0, shown.errors
    assert len(shown.result["structuredContent"]["results"]) == 2
    assert shown.result["structuredContent"]["page_size"] == 2
    assert shown.text.startswith("2 of ")


def test_pages_are_walked(run_inspector: RunInspector) -> None:
    shown = call(run_inspector, "list_tags", "repository=redis", "max_items=120")
    assert shown.code == 0, shown.errors
    assert len(shown.result["structuredContent"]["results"]) == 120


def test_members_are_filtered(run_inspector: RunInspector) -> None:
    shown = call(run_inspector, "list_org_members", "org_name=acme", "role=owner", "invites=false")
    assert shown.code == 0, shown.errors
    members = shown.result["structuredContent"]["results"]
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
def test_a_wrong_argument_is_named(
    run_inspector: RunInspector, era: str, pairs: list[str], complaint: str
) -> None:
    shown = call(run_inspector, "get_tag", *pairs, era=era)
    assert shown.code == TOOL_FAILED
    assert shown.result["isError"] is True
    assert complaint in shown.text


@pytest.mark.parametrize("tool", ["get_tags", "create_repository"])
def test_a_tool_that_is_not_on_is_not_found(run_inspector: RunInspector, tool: str) -> None:
    shown = call(run_inspector, tool, "namespace=acme", "name=app")
    assert shown.code == TOOL_FAILED
    assert json.loads(shown.errors.splitlines()[-1])["error"]["code"] == "tool_not_found"
    assert shown.result == {}


@ERAS
def test_resources_and_prompts_are_shown(run_inspector: RunInspector, era: str) -> None:
    def show(method: str, *arguments: str) -> Output:
        return run_inspector("--method", method, *JSON, *arguments, era=era)

    listed = show("resources/list")
    assert [each["uri"] for each in listed.result["resources"]] == ["dockerhub://server"]
    templates = show("resources/templates/list").result["resourceTemplates"]
    assert [each["name"] for each in templates] == ["repository", "tag", "readme", "plan"]
    read = show("resources/read", "--uri", "dockerhub://library/redis/readme")
    (contents,) = read.result["contents"]
    assert contents["mimeType"] == "text/markdown"
    assert "\n> # Quick reference\n" in contents["text"]
    prompts = show("prompts/list").result["prompts"]
    assert len(prompts) == 5
    filled = show("prompts/get", "--prompt-name", "pin_image", "--prompt-args", "image=redis")
    assert "by digest: redis." in filled.result["messages"][0]["content"]["text"]

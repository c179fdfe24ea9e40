"""Every code block in the documents is run, parsed by the program it is meant for, or exempted with a reason.

A block in an unknown language, or a command of an unknown program, fails: decide how it is checked.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from dockerhub_mcp.cli.cleanup.rules_file import read_rules_file
from dockerhub_mcp.config import Settings
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.server.http.auth.static_tokens import StaticTokenVerifier
from dockerhub_mcp.server.http.middleware.metrics import METRICS_PATH
from dockerhub_mcp.tools.catalog.all_tools import TOOLS_BY_NAME
from tests.support.documented_programs import Running, check_arguments, known_variables
from tests.support.pages import ROOT, Block, Command, load_blocks, parse_commands

BLOCKS = load_blocks()
SHELL = [command for block in BLOCKS if block.language == "sh" for command in parse_commands(block)]
_SERVERS = {"mcpServers", "servers", "context_servers", "mcp_servers"}
"""The names of the table of servers in the configuration files of MCP hosts."""
_MARKED = r"<!-- command: \w+ -->\n```sh\n(.+?)```"
_METHODS = {method.tool_name: method for method in ALL_METHODS}


def of(language: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == language], ids=str)


def test_every_block_has_a_language_that_is_checked() -> None:
    shown = {"", "text"}  # a drawing, or output of a program, which `devtools.generate` fills in
    odd = [str(block) for block in BLOCKS if block.language not in shown | set(CHECKED)]
    assert odd == []
    for block in BLOCKS:
        if block.language in shown:
            is_run = block.text.startswith(
                "$ dockerhub-mcp"
            )  # by `devtools.generate`, which shows what it says
            is_told = re.match(r"dockerhub-mcp \d", block.text)  # the server about itself
            is_typed = re.search(r"^dockerhub-mcp ", block.text, re.MULTILINE)
            assert is_run or is_told or not is_typed, f"{block} is a command; call it sh"


# --- shell


def _by_ci(command: Command) -> None:
    """Check a command that installs or checks something: `.ci/run` or a marked command of the README runs it."""
    run = (ROOT / ".ci" / "run").read_text("utf-8")
    marked = re.findall(_MARKED, (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    word = " ".join(command.words[1:3]) if command.words[1:2] == ("-m",) else command.program
    assert any(word in text for text in (run, *marked)), command


def _benchmark(command: Command) -> None:
    """Check a benchmark, which takes minutes to run: its module and its options must exist."""
    if command.words[2:3] == ("venv",):
        return
    if command.words[2:3] in {("pytest",), ("coverage",)}:
        _by_ci(command)
        return
    module = command.words[2]
    source = ROOT / module.replace(".", "/")
    assert source.is_dir() or source.with_suffix(".py").is_file(), command
    text = "".join(path.read_text("utf-8") for path in (ROOT / module.partition(".")[0]).rglob("*.py"))
    for word in command.words[3:]:
        assert not word.startswith("--") or f'"{word}"' in text, (word, command)


def _container(command: Command) -> None:
    """Check a command that needs Docker: its arguments and files must exist; `.ci/container` runs the image."""
    words = command.words
    if words[1] == "compose":
        assert (ROOT / words[words.index("-f") + 1]).is_file() if "-f" in words else True
        return
    assert words[1] in {"build", "run", "pull", "push"}, command
    if words[1] == "run":
        image = next(
            place for place, word in enumerate(words) if word.split(":")[0].endswith("dockerhub-mcp")
        )
        variables = [words[place + 1].partition("=")[0] for place, word in enumerate(words) if word == "-e"]
        assert set(variables) <= known_variables(), command
        check_arguments(words[image + 1 :])


def _host(command: Command) -> None:
    """Check a command of an MCP host: the program that the host will start must accept its arguments."""
    words = command.words
    program = words[words.index("--") + 1 :]
    assert program[0].endswith("dockerhub-mcp"), command
    check_arguments(program[1:])
    variables = [words[place + 1].partition("=")[0] for place, word in enumerate(words) if word == "--env"]
    assert set(variables) <= known_variables(), command


def _from_an_index(_: Command) -> None:
    """Accept a command that downloads packages, which tests do not."""


def _of_the_system(_: Command) -> None:
    """Accept a command of the operating system, which would change the machine."""


def _public_repository(command: Command) -> None:
    """Check that a public repository is cloned, which needs the network."""
    assert command.words[1] == "clone"
    assert command.words[2].startswith("https://github.com/")


def _registry_client(command: Command) -> None:
    """Check a command that needs skopeo; tests/sandbox/registry/test_skopeo.py runs such commands."""
    images = [word for word in command.words if word.startswith("docker://")]
    assert [image.partition("docker://127.0.0.1:8080/")[0] for image in images] == [""]
    repository = images[0].removeprefix("docker://127.0.0.1:8080/").partition(":")[0]
    assert tuple(repository.split("/")) in Sandbox().state.repositories


def _in_a_cluster(command: Command) -> None:
    """Check a command that needs a Kubernetes cluster; tests/deploy renders the chart that it installs."""
    verbs = {"helm": {"install", "rollback", "template", "test", "uninstall", "upgrade"}}
    verbs["kubectl"] = {"apply", "create", "delete", "get", "logs", "rollout"}
    assert command.words[1] in verbs[command.program], command
    assert "--namespace" in command.words or "namespace" in command.words, command
    if command.words[1] in {"install", "template", "upgrade"}:
        assert (ROOT / command.words[3] / "Chart.yaml").is_file(), command


NOT_HERE: Mapping[str, Callable[[Command], None]] = {
    "python3": _benchmark,
    "python": _benchmark,
    "pip": _by_ci,
    "ruff": _by_ci,
    "mypy": _by_ci,
    "run": _by_ci,  # .ci/run itself
    "docker": _container,
    "helm": _in_a_cluster,
    "kubectl": _in_a_cluster,
    "claude": _host,
    "npm": _from_an_index,
    "mkdir": _of_the_system,
    "git": _public_repository,
    "skopeo": _registry_client,
}
"""Programs that a test cannot run, with the check that replaces it and says why."""

RUN_HERE = ("dockerhub-mcp", "curl")


def test_every_command_is_of_a_program_that_is_known() -> None:
    assert [str(command) for command in SHELL if command.program not in {*NOT_HERE, *RUN_HERE}] == []
    assert {command.program for command in SHELL} >= set(RUN_HERE)


@pytest.mark.parametrize("command", [c for c in SHELL if c.program in NOT_HERE], ids=str)
def test_a_command_that_cannot_be_run_here_names_what_there_is(command: Command) -> None:
    NOT_HERE[command.program](command)


def _once(program: str) -> list[Command]:
    """Return the distinct commands of a program."""
    found: dict[Any, Command] = {}
    for command in SHELL:
        if command.program == program:
            found.setdefault((command.environment, command.words[1:]), command)
    return list(found.values())


@pytest.mark.parametrize("command", _once("dockerhub-mcp"), ids=str)
def test_a_command_of_ours_does_what_it_should(command: Command, running: Running) -> None:
    standard = {name for name in dict(command.environment) if name.startswith("OTEL_")}
    assert set(dict(command.environment)) - standard <= known_variables()
    running.run(command)


@pytest.mark.parametrize("command", _once("curl"), ids=str)
def test_a_question_by_curl_is_answered(command: Command, running: Running) -> None:
    said = running.ask(command)
    if str(command).endswith("/metrics"):
        families = {family.name for family in text_string_to_metric_families(said)}
        assert {"dockerhub_mcp_calls", "dockerhub_mcp_build_info"} <= families
        return
    text = said.removeprefix("event: message\r\ndata: ")  # an MCP response may be a stream of one event
    assert '"error"' not in said
    assert json.loads(text or "{}") is not None
    assert ("exists: true" in said) is ("check_tag" in str(command.words))


# --- data


@of("json")
def test_json_is_what_it_is_for(block: Block) -> None:
    content = json.loads(block.text)
    assert isinstance(content, dict)
    if set(content) == {"name", "arguments"}:
        TOOLS_BY_NAME[content["name"]].parse(content["arguments"])
        return
    _check_servers(content, block)


@of("toml")
def test_toml_is_what_it_is_for(block: Block, tmp_path: Path) -> None:
    tables = tomllib.loads(block.text)
    if set(tables) & _SERVERS:
        _check_servers(tables, block)
        return
    if "repositories" in tables:
        path = tmp_path / "cleanup.toml"
        path.write_text(block.text, "utf-8")
        assert read_rules_file(path)  # refuses what it does not know
        return
    for number, (name, table) in enumerate(tables.items()):
        whole = dict(table)
        form = next(key for key in ("token", "token_sha256", "token_file") if key in whole)
        del whole[form]
        whole["token"] = str(number) * 32  # pages shorten tokens, and their files do not exist here
        lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in whole.items())
        StaticTokenVerifier.from_toml(f"[{name}]\n{lines}\n", str(block))  # refuses what it does not know


def _check_servers(content: Mapping[str, Any], block: Block) -> None:
    """Check the command that a host's configuration starts, or the URL that it connects to."""
    [servers] = [content[key] for key in content if key in _SERVERS]
    assert servers, block
    for server in servers.values():
        assert set(server.get("env", {})) <= known_variables(), block
        if "url" in server:
            assert server["url"].endswith(("/mcp", "/sse")), block
        elif server["command"].endswith("dockerhub-mcp"):
            check_arguments(server.get("args", []))
        else:  # the arguments after the package or the image are the program's
            arguments = list(server["args"])
            assert server["command"] in {"docker", "uvx", "pipx"}, block
            name = next(place for place, word in enumerate(arguments) if "dockerhub-mcp" in word)
            check_arguments(arguments[name + 1 :])


@of("yaml")
def test_yaml_is_what_it_is_for(block: Block) -> None:
    documents = list(yaml.safe_load_all(block.text))
    if jobs := documents[0].get("scrape_configs"):
        for job in jobs:
            assert job.get("metrics_path", METRICS_PATH) == METRICS_PATH
            assert set(job["authorization"]) == {
                "credentials_file"
            }  # of the type Bearer, as the server requires
        return
    if block.page == "docs/kubernetes.md" and "kind" not in documents[0]:
        schema = json.loads((ROOT / "deploy" / "chart" / "values.schema.json").read_text("utf-8"))
        jsonschema.validate(documents[0], schema)  # tests/deploy renders the chart with these values
        return
    if "jobs" in documents[0]:
        _check_workflow(documents[0])
        return
    pods = [d["spec"]["template"]["spec"] for d in documents if d["kind"] == "Deployment"]
    assert pods
    for container in (container for pod in pods for container in pod["containers"]):
        environment = {entry["name"]: entry["value"] for entry in container["env"]}
        assert set(environment) <= known_variables()
        check_arguments(container["args"], environment)
        drain_delay = float(environment["DOCKERHUB_MCP_DRAIN_DELAY"])
        assert all(pod["terminationGracePeriodSeconds"] > drain_delay + Settings().grace for pod in pods)
        mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
        for name, value in environment.items():
            if name.endswith("_FILE"):
                assert any(value.startswith(f"{path}/") for path in mounted), name
        for probe in ("livenessProbe", "readinessProbe"):
            assert container[probe]["httpGet"]["path"] in {"/healthz", "/readyz"}


def _check_workflow(workflow: Mapping[str, Any]) -> None:
    """Check the commands of a workflow of GitHub Actions."""
    for job in workflow["jobs"].values():
        assert set(job["env"]) <= known_variables()
        for words in [step["run"].split() for step in job["steps"] if "run" in step]:
            check_arguments(words[words.index("dockerhub-mcp") + 1 :])


@of("python")
def test_python_runs(block: Block, running: Running) -> None:
    if block.page == "CONTRIBUTING.md":  # a workflow, which is declared and not called
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", block.text], capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return
    said = running.python(block.text)
    assert "sha256:" in said


CHECKED = {
    "sh": test_every_command_is_of_a_program_that_is_known,
    "json": test_json_is_what_it_is_for,
    "toml": test_toml_is_what_it_is_for,
    "yaml": test_yaml_is_what_it_is_for,
    "python": test_python_runs,
}
"""The languages of code blocks, with the test that checks them."""

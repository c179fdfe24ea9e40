"""Test the Dockerfile: it starts commands that exist, and installs what is pinned."""

from __future__ import annotations

import json
import re
import tomllib

from dockerhub_mcp import config
from dockerhub_mcp.cli.parser import build_parser
from dockerhub_mcp.config import Settings
from tests.support.documented_programs import known_variables
from tests.support.pages import ROOT


def list_instructions(name: str) -> list[str]:
    """Return the arguments of all instructions of one kind in the Dockerfile, one line each."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    return re.findall(rf"^{name} (.*)$", re.sub(r"\\\n\s*", "", text), re.MULTILINE)


def test_the_image_starts_commands_that_exist_without_a_shell() -> None:
    assert [json.loads(words) for words in list_instructions("ENTRYPOINT")] == [["dockerhub-mcp"]]
    assert [json.loads(words) for words in list_instructions("CMD")] == [[]]
    (check,) = list_instructions("HEALTHCHECK")
    program, *arguments = json.loads(check.partition(" CMD ")[2])
    assert program == "dockerhub-mcp"
    assert build_parser().parse_args(arguments).command == "health"
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert program in scripts
    (port,) = list_instructions("EXPOSE")
    assert int(port) == Settings().port


def test_the_image_runs_as_a_number_and_sets_what_the_program_knows() -> None:
    assert all(re.fullmatch(r"[1-9]\d*:[1-9]\d*", user) for user in list_instructions("USER"))
    environment = dict(pair.split("=", 1) for line in list_instructions("ENV") for pair in line.split())
    ours = {name: text for name, text in environment.items() if name.startswith("DOCKERHUB")}
    assert set(ours) <= known_variables()
    assert config.load_settings({}, ours).transport == "stdio"


def test_the_build_is_given_what_it_copies_and_nothing_else() -> None:
    ignored, *allowed = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert ignored == "*"
    copied = {
        word for line in list_instructions("COPY") if "--from" not in line for word in line.split()[:-1]
    }
    assert copied == {line[1:] for line in allowed if line.startswith("!")}
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_can_serve_metrics_and_use_a_store() -> None:
    pinned = (ROOT / "requirements.txt").read_text("utf-8")
    assert re.search(r"^prometheus-client==", pinned, re.MULTILINE)
    assert re.search(r"^redis==", pinned, re.MULTILINE)


def test_everything_that_the_build_installs_is_pinned_with_its_hash() -> None:
    for name in ("requirements.txt", "deploy/requirements-build.txt"):
        text = re.sub(r"^#.*\n", "", (ROOT / name).read_text("utf-8"), flags=re.MULTILINE)
        for requirement in re.sub(r"\\\n\s*", "", text).splitlines():
            assert re.match(r"[\w.-]+(?:\[[\w,-]+\])?==[\w.]+ .*--hash=sha256:[0-9a-f]{64}", requirement), (
                requirement
            )
    backend = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    pinned = (ROOT / "deploy" / "requirements-build.txt").read_text("utf-8")
    assert all(re.search(rf"^{re.match(r'[a-z]+', one)[0]}==", pinned, re.MULTILINE) for one in backend)  # type: ignore[index]

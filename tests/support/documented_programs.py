"""Run the commands of the documents, with the files and servers that they refer to."""

from __future__ import annotations

import dataclasses
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import httpx2 as httpx

from dockerhub_mcp import config, hub
from dockerhub_mcp.bootstrap.http_secrets import PEER_AUTH_TOKEN_ENV
from dockerhub_mcp.cli.parser import build_parser
from dockerhub_mcp.hub.auth.credentials import SECRET_VARIABLES, USERNAME_VARIABLES
from tests.support.pages import ROOT, Command
from tests.support.programs import forked_program

_PATIENCE = 60.0  # seconds; no command needs them, but a machine may be busy
_LISTENS = re.compile(r"listens at (\S+)")
_QUOTED = re.compile(r"\"((?:DOCKERHUB|DOCKER|HUB)_[A-Z_]*[A-Z])\"")
_CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("DOCKER", "HUB_"))}


@cache
def read_variables() -> set[str]:
    """Return the environment variables that the program reads: those of options, and those quoted in its source."""
    found = {config.env_var_for(setting) for setting in dataclasses.fields(config.Settings)} - {""}
    for path in (ROOT / "src").rglob("*.py"):
        found |= set(_QUOTED.findall(path.read_text("utf-8")))
    return found - set(hub.__all__)  # HUB_URL is a constant of the client


def known_variables() -> set[str]:
    """Return all environment variables that have a meaning, including those that name a file."""
    files = {f"{name}_FILE" for name in (*USERNAME_VARIABLES, *SECRET_VARIABLES, "DOCKERHUB_SCIM_TOKEN")}
    return read_variables() | files | {PEER_AUTH_TOKEN_ENV}


def check_arguments(words: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    """Parse a command line with the program's parser, which exits if something is wrong."""
    options = vars(build_parser(words).parse_args(list(words)))
    if options.pop("command", None) in {None, "serve"}:
        config.load_settings(options, environment or {})


@dataclass(frozen=True, slots=True)
class Running:
    """Runs commands in a folder that contains the files they name."""

    folder: Path
    server: str
    """The URL of a server over HTTP on the embedded sandbox."""
    hub: str
    """The URL of a sandbox."""

    def run(self, command: Command) -> None:
        """Run a command of this program to its end, or until it listens and then stop it."""
        words, variables = list(command.words[1:]), dict(command.environment)
        options = vars(build_parser(words).parse_args(words))
        name = options.get("command") or "serve"
        if name == "sandbox" or (name == "serve" and options.get("transport", "stdio") != "stdio"):
            with Server([*words, "--port", "0"], self.folder, variables) as server:
                self._is_alive(server.url, name)
            return
        more = {} if name == "serve" else {"DOCKERHUB_MCP_SANDBOX": "true"}
        done = subprocess.run(
            forked_program(*words),
            cwd=ROOT if name == "schemas" else self.folder,
            env=self._environment(more | variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        assert name in {"serve", "schemas"} or done.stdout or done.stderr, command

    def ask(self, command: Command) -> str:
        """Run curl against the server or the sandbox, in place of the URLs on the page."""
        words = [
            word.replace("http://127.0.0.1:8000", self.server).replace("http://127.0.0.1:8080", self.hub)
            for word in command.words
        ]
        assert words != list(command.words), command
        words[1:1] = ["--fail", "--show-error"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=_PATIENCE, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def python(self, text: str) -> str:
        """Run a Python program that uses the client, on the sandbox."""
        with Server(["sandbox", "--port", "0"], self.folder, {}) as hub:
            there = f'Credentials.from_strings("ada", "dckr_pat_sandbox_admin"), base_url="{hub.url}")'
            changed = re.sub(
                r'Credentials\.from_strings\("your-docker-id", "dckr_pat_\.\.\."\)\)', there, text
            )
            assert changed != text
            done = subprocess.run(
                [sys.executable, "-W", "error", "-c", changed],
                env=self._environment({}),
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
                check=False,
            )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        return {**_CLEAN, "HOME": str(self.folder), **more}

    @staticmethod
    def _is_alive(url: str, name: str) -> None:
        address = httpx.URL(url.replace("//0.0.0.0", "//127.0.0.1"))
        path = "/" if name == "sandbox" else "/healthz"
        with httpx.Client(verify=False, trust_env=False) as client:
            answer = client.get(address.copy_with(path=path))
        assert answer.status_code == 200


class Server:
    """A server process that listens when the block begins and is stopped at its end."""

    def __init__(self, words: Sequence[str], folder: Path, variables: Mapping[str, str]) -> None:
        self._said = folder / f"{time.monotonic_ns()}.err"
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                forked_program(*words),
                cwd=folder,
                env={**_CLEAN, "HOME": str(folder), **variables},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
            )
        self.url = ""

    def __enter__(self) -> Self:
        end = time.monotonic() + _PATIENCE
        while not (found := _LISTENS.search(self._said.read_text("utf-8"))):
            said = self._said.read_text("utf-8")
            if self._process.poll() is not None or time.monotonic() > end:
                self._process.kill()
                self._process.wait()
                msg = f"it does not listen: {said}"
                raise AssertionError(msg)
            time.sleep(0.02)
        self.url = found[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(_PATIENCE)
        assert code in {0, 130, -signal.SIGTERM}, self._said.read_text("utf-8")

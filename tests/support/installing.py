"""The install command on a home directory of its own."""

from __future__ import annotations

import stat
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp import config
from dockerhub_mcp.cli.parser import build_parser
from dockerhub_mcp.install import command
from dockerhub_mcp.install.editors import jsonc
from dockerhub_mcp.install.hosts import HOSTS, PlatformPaths
from dockerhub_mcp.install.output import Output


@dataclass
class Person:
    """A user with a home directory, a project and an installed program."""

    home: Path
    project: Path
    program: Path
    platform: str = "linux"
    environment: dict[str, str] = field(default_factory=dict)
    prefix: str = "/usr"
    shown_command: str = "dockerhub-mcp"
    said: list[str] = field(default_factory=list)

    @property
    def place(self) -> PlatformPaths:
        return PlatformPaths(self.platform, str(self.home), self.environment, self.project)

    def file(self, host: str, *, project: bool = False) -> Path:
        found = HOSTS[host]
        return self.project / found.project_file if project else found.locate_user_config(self.place)

    def calls(self, *words: str) -> int:
        """Run `dockerhub-mcp install` with arguments; its output is in `said`."""
        given = ["install", *words]
        options = vars(build_parser(given).parse_args(given))
        options.pop("command")
        self.said.clear()
        started = command.ProcessInfo(str(self.program), "/usr/bin/python3", self.prefix, self.shown_command)
        settings = config.load_settings(options, {})
        output = Output(self.said.append, sys.stdout.write)
        return command.dispatch_action(options, settings, self.place, started, output)

    def refuses(self, *words: str) -> str:
        """Run it with arguments that it must refuse, and return the error message."""
        before = tree(self.home), tree(self.project)
        with pytest.raises(config.SettingsError) as refusal:
            self.calls(*words)
        assert (tree(self.home), tree(self.project)) == before
        return str(refusal.value)


def tree(root: Path) -> dict[str, tuple[int, bytes | str]]:
    """Return everything below a directory: modes, contents and targets of links."""
    found: dict[str, tuple[int, bytes | str]] = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        content: bytes | str = ""
        if path.is_symlink():
            content = str(path.readlink())
        elif path.is_file():
            content = path.read_bytes()
        found[str(path.relative_to(root))] = (stat.S_IMODE(status.st_mode), content)
    return found


NAMES = list(HOSTS)


FULL = ("--access", "write", "--toolsets", "tags,search", "--username", "ada")


of_every_host = pytest.mark.parametrize("host", NAMES)


def words_for(person: Person, host: str) -> tuple[str, ...]:
    """Return options for a host that use everything an entry may contain."""
    if host in {"claude-desktop", "zed"}:
        return (*FULL, "--token-file", str(person.project / "token"))
    return FULL


def parsed(host: str, raw: bytes) -> dict[str, Any]:
    text = raw.decode("utf-8-sig")
    if host == "codex":
        return tomllib.loads(text)
    value: dict[str, Any] = jsonc.parse(text, HOSTS[host].json_dialect).value
    return value


def entry(person: Person, host: str, name: str = "dockerhub") -> dict[str, Any]:
    found: dict[str, Any] = parsed(host, person.file(host).read_bytes())[HOSTS[host].servers_key][name]
    return found

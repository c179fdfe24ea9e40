"""What a host is told: the command that starts the server, its arguments, and where its secrets are."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dockerhub_mcp.config import Settings, SettingsError, flag_of
from dockerhub_mcp.install.hosts import Host, Place

PROGRAM = "dockerhub-mcp"
USERNAME, TOKEN, TOKEN_FILE = "DOCKERHUB_USERNAME", "DOCKERHUB_TOKEN", "DOCKERHUB_TOKEN_FILE"
OTHER_FORMS = {TOKEN: TOKEN_FILE, TOKEN_FILE: TOKEN, USERNAME: f"{USERNAME}_FILE"}
"""What contradicts a variable: of each two, only one can be set."""

_IN_ENVIRONMENT = {"username", "token_file"}
_PATHS = {"token_file", "secrets_dir", "audit_log"}


@dataclass(frozen=True, slots=True)
class Launch:
    """How the server is started, before its own options."""

    command: str
    arguments: tuple[str, ...] = ()
    here_only: bool = False
    """The command is a path of this machine."""
    image: str = ""


@dataclass(slots=True)
class Entry:
    """What is written for a host."""

    values: dict[str, Any]
    inputs: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What the person has to do or to know."""


def installed(started: str, interpreter: str, prefix: str, place: Place, *, shared: bool) -> Launch:
    """Return how to start the program that runs now.

    Args:
        started: What the program was started as, `sys.argv[0]`.
        interpreter: The Python that runs it.
        prefix: The environment it is installed in; one that uvx made is not there to stay.
        place: Where it runs.
        shared: Others read the file as well.
    """
    if {"archive-v0", "builds-v0", "environments-v2"} & set(Path(prefix).parts):
        return uvx(place, shared=shared)
    script = Path(os.path.abspath(started))  # noqa: PTH100 - resolve() would follow the link that stays when an update moves its target
    if script.suffix != ".py" and script.stem == PROGRAM:
        found = script if script.exists() else script.with_suffix(".exe")
        if found.exists():
            return Launch(str(found), here_only=True)
    return Launch(interpreter, ("-m", "dockerhub_mcp"), here_only=True)


def uvx(place: Place, *, shared: bool) -> Launch:
    """Return how to start it with uvx, which fetches it."""
    return Launch(_found("uvx", place, shared=shared), (PROGRAM,))


def container(image: str, place: Place, *, shared: bool) -> Launch:
    """Return how to start it in a container."""
    if not image.strip() or image.startswith("-"):
        msg = f"--container needs the name of an image, not {image!r}"
        raise SettingsError(msg)
    return Launch(_found("docker", place, shared=shared), ("run", "-i", "--rm", "--read-only"), image=image)


def _found(program: str, place: Place, *, shared: bool) -> str:
    """Return where a program is, since hosts with windows often do not have a shell's PATH."""
    there = None if shared else shutil.which(program, path=place.environment.get("PATH", os.defpath))
    return there or program


def entry_of(host: Host, launch: Launch, options: Mapping[str, Any], settings: Settings, name: str) -> Entry:
    """Make the entry for a host.

    Args:
        host: For whom.
        launch: How the server is started.
        options: The options of the server that were given, by their names.
        settings: The same, read.
        name: What the server is called there.

    Raises:
        SettingsError: An option cannot be meant here.
    """
    inputs, notes, forwarded = _Inputs(name), list[str](), list[str]()
    variables = _credentials(host, settings, inputs, notes, forwarded)
    before: list[str] = list(launch.arguments)
    if launch.image:
        before += _into_the_container(options, settings, variables, forwarded)
        before.append(launch.image)
    values: dict[str, Any] = {"type": "stdio"} if host.typed else {}
    values |= {"command": launch.command, "args": before + _arguments(options, settings)}
    if variables:
        values["env"] = variables
    if forwarded:
        values["env_vars"] = forwarded
    return Entry(values, inputs.asked, notes)


class _Inputs:
    """What the host asks the person for."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.asked: list[dict[str, Any]] = []

    def token(self) -> str:
        known = f"{self.name}-token"
        asked = {
            "type": "promptString",
            "id": known,
            "description": "Docker Hub access token",
            "password": True,
        }
        self.asked.append(asked)
        return f"${{input:{known}}}"


def _credentials(
    host: Host, settings: Settings, inputs: _Inputs, notes: list[str], forwarded: list[str]
) -> dict[str, str]:
    """Return the variables that tell who to be; a secret itself is in none of them."""
    if not settings.username and not settings.token_file:
        return {}
    if not settings.username:
        msg = (
            "--token-file needs --username beside it: the Docker ID, or the organization's name for its "
            "access token"
        )
        raise SettingsError(msg)
    variables = {USERNAME: settings.username}
    if settings.token_file:
        path = _absolute(settings.token_file)
        variables[TOKEN_FILE] = path
        if not Path(path).is_file():
            notes.append(f"Write the token into {path}, one line, readable by you alone (chmod 600).")
    elif host.prompts:
        variables[TOKEN] = inputs.token()
        notes.append(
            f"{host.title} asks for the token when the server starts, and keeps it in its own secret store."
        )
    elif host.reference:
        variables[TOKEN] = host.reference.format(TOKEN)
        notes.append(f"Set {TOKEN} in the environment that {host.title} is started in.")
    elif host.forwards:
        forwarded.append(TOKEN)
        notes.append(f"Set {TOKEN} in the environment that {host.title} is started in.")
    else:
        msg = (
            f"{host.title} can neither ask for a secret nor take it from the environment, and a token in "
            "clear does not belong into this file. Write the token into a file of your own, readable by you "
            "alone, and name it with --token-file FILE; after `docker login`, leave both out"
        )
        raise SettingsError(msg)
    return variables


def _into_the_container(
    options: Mapping[str, Any], settings: Settings, variables: dict[str, str], forwarded: Sequence[str]
) -> list[str]:
    for name in ("secrets_dir", "audit_log"):
        if name in options:
            msg = (
                f"{flag_of(name)} names a place on this machine, which a container does not see. Leave it "
                "out, and mount the place in the entry that --print shows"
            )
            raise SettingsError(msg)
    words: list[str] = []
    if settings.token_file:
        inside = "/run/secrets/dockerhub-token"
        words += ["-v", f"{variables[TOKEN_FILE]}:{inside}:ro"]
        variables[TOKEN_FILE] = inside
    for variable in (*variables, *forwarded):
        words += ["-e", variable]
    return words


def _arguments(options: Mapping[str, Any], settings: Settings) -> list[str]:
    """Return the server's own options as they were given, with paths that hold from everywhere."""
    words: list[str] = []
    for setting in dataclasses.fields(Settings):
        if setting.name not in options or setting.name in _IN_ENVIRONMENT:
            continue
        value, flag = getattr(settings, setting.name), flag_of(setting.name)
        if isinstance(value, bool):
            words.append(flag if value else f"--no-{flag.removeprefix('--')}")
        elif isinstance(value, tuple):
            words += [flag, ",".join(value)]
        else:
            words += [flag, _absolute(value) if setting.name in _PATHS else str(value)]
    return words


def _absolute(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111 - links stay, and no user has to exist

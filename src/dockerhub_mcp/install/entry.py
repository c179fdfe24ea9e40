"""What a host is told: the command that starts the server, its arguments, and where its secrets are."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dockerhub_mcp.config import Settings, SettingsError, flag_for
from dockerhub_mcp.install.hosts import Host, PlatformPaths

PROGRAM_NAME = "dockerhub-mcp"
USERNAME_VARIABLE, TOKEN_VARIABLE, TOKEN_FILE_VARIABLE = (
    "DOCKERHUB_USERNAME",
    "DOCKERHUB_TOKEN",
    "DOCKERHUB_TOKEN_FILE",
)
CONFLICTING_VARIABLES = {
    TOKEN_VARIABLE: TOKEN_FILE_VARIABLE,
    TOKEN_FILE_VARIABLE: TOKEN_VARIABLE,
    USERNAME_VARIABLE: f"{USERNAME_VARIABLE}_FILE",
}
"""What contradicts a variable: of each two, only one can be set."""

_ENVIRONMENT_SETTINGS = {"username", "token_file"}
_PATH_SETTINGS = {"token_file", "secrets_dir", "audit_log"}


@dataclass(frozen=True, slots=True)
class LaunchCommand:
    """How the server is started, before its own options."""

    command: str
    arguments: tuple[str, ...] = ()
    is_machine_specific: bool = False
    """The command is a path of this machine."""
    image: str = ""


@dataclass(slots=True)
class ServerEntry:
    """What is written for a host."""

    values: dict[str, Any]
    inputs: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What the person has to do or to know."""


def build_installed_command(
    argv0: str, interpreter: str, prefix: str, paths: PlatformPaths, *, is_shared: bool
) -> LaunchCommand:
    """Return how to start the program that runs now.

    Args:
        argv0: What the program was started as, `sys.argv[0]`.
        interpreter: The Python that runs it.
        prefix: The environment it is installed in; one that uvx made is not there to stay.
        paths: Where it runs.
        is_shared: Others read the file as well.
    """
    if {"archive-v0", "builds-v0", "environments-v2"} & set(Path(prefix).parts):
        return build_uvx_command(paths, is_shared=is_shared)
    script = Path(os.path.abspath(argv0))  # noqa: PTH100 - resolve() would follow the link that stays when an update moves its target
    if script.suffix != ".py" and script.stem == PROGRAM_NAME:
        found = script if script.exists() else script.with_suffix(".exe")
        if found.exists():
            return LaunchCommand(str(found), is_machine_specific=True)
    return LaunchCommand(interpreter, ("-m", "dockerhub_mcp"), is_machine_specific=True)


def build_uvx_command(paths: PlatformPaths, *, is_shared: bool) -> LaunchCommand:
    """Return how to start it with uvx, which fetches it."""
    return LaunchCommand(_resolve_program("uvx", paths, is_shared=is_shared), (PROGRAM_NAME,))


def build_container_command(image: str, paths: PlatformPaths, *, is_shared: bool) -> LaunchCommand:
    """Return how to start it in a container."""
    if not image.strip() or image.startswith("-"):
        msg = f"--container needs the name of an image, not {image!r}"
        raise SettingsError(msg)
    return LaunchCommand(
        _resolve_program("docker", paths, is_shared=is_shared),
        ("run", "-i", "--rm", "--read-only"),
        image=image,
    )


def _resolve_program(program: str, paths: PlatformPaths, *, is_shared: bool) -> str:
    """Return where a program is, since hosts with windows often do not have a shell's PATH."""
    there = None if is_shared else shutil.which(program, path=paths.environment.get("PATH", os.defpath))
    return there or program


def build_entry(
    host: Host, launch: LaunchCommand, options: Mapping[str, Any], settings: Settings, name: str
) -> ServerEntry:
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
    inputs, notes, forwarded = _InputVariables(name), list[str](), list[str]()
    variables = _build_credential_variables(host, settings, inputs, notes, forwarded)
    before: list[str] = list(launch.arguments)
    if launch.image:
        before += _build_container_arguments(options, settings, variables, forwarded)
        before.append(launch.image)
    values: dict[str, Any] = {"type": "stdio"} if host.has_type_field else {}
    values |= {"command": launch.command, "args": before + _build_server_arguments(options, settings)}
    if variables:
        values["env"] = variables
    if forwarded:
        values["env_vars"] = forwarded
    return ServerEntry(values, inputs.definitions, notes)


class _InputVariables:
    """What the host asks the person for."""

    def __init__(self, server_name: str) -> None:
        self.server_name = server_name
        self.definitions: list[dict[str, Any]] = []

    def add_token_input(self) -> str:
        known = f"{self.server_name}-token"
        asked = {
            "type": "promptString",
            "id": known,
            "description": "Docker Hub access token",
            "password": True,
        }
        self.definitions.append(asked)
        return f"${{input:{known}}}"


def _build_credential_variables(
    host: Host, settings: Settings, inputs: _InputVariables, notes: list[str], forwarded: list[str]
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
    variables = {USERNAME_VARIABLE: settings.username}
    if settings.token_file:
        path = _make_absolute(settings.token_file)
        variables[TOKEN_FILE_VARIABLE] = path
        if not Path(path).is_file():
            notes.append(f"Write the token into {path}, one line, readable by you alone (chmod 600).")
    elif host.prompts_for_secrets:
        variables[TOKEN_VARIABLE] = inputs.add_token_input()
        notes.append(
            f"{host.title} asks for the token when the server starts, and keeps it in its own secret store."
        )
    elif host.variable_reference:
        variables[TOKEN_VARIABLE] = host.variable_reference.format(TOKEN_VARIABLE)
        notes.append(f"Set {TOKEN_VARIABLE} in the environment that {host.title} is started in.")
    elif host.forwards_variables:
        forwarded.append(TOKEN_VARIABLE)
        notes.append(f"Set {TOKEN_VARIABLE} in the environment that {host.title} is started in.")
    else:
        msg = (
            f"{host.title} can neither ask for a secret nor take it from the environment, and a token in "
            "clear does not belong into this file. Write the token into a file of your own, readable by you "
            "alone, and name it with --token-file FILE; after `docker login`, leave both out"
        )
        raise SettingsError(msg)
    return variables


def _build_container_arguments(
    options: Mapping[str, Any], settings: Settings, variables: dict[str, str], forwarded: Sequence[str]
) -> list[str]:
    for name in ("secrets_dir", "audit_log"):
        if name in options:
            msg = (
                f"{flag_for(name)} names a place on this machine, which a container does not see. Leave it "
                "out, and mount the place in the entry that --print shows"
            )
            raise SettingsError(msg)
    words: list[str] = []
    if settings.token_file:
        inside = "/run/secrets/dockerhub-token"
        words += ["-v", f"{variables[TOKEN_FILE_VARIABLE]}:{inside}:ro"]
        variables[TOKEN_FILE_VARIABLE] = inside
    for variable in (*variables, *forwarded):
        words += ["-e", variable]
    return words


def _build_server_arguments(options: Mapping[str, Any], settings: Settings) -> list[str]:
    """Return the server's own options as they were given, with paths that hold from everywhere."""
    words: list[str] = []
    for setting in dataclasses.fields(Settings):
        if setting.name not in options or setting.name in _ENVIRONMENT_SETTINGS:
            continue
        value, flag = getattr(settings, setting.name), flag_for(setting.name)
        if isinstance(value, bool):
            words.append(flag if value else f"--no-{flag.removeprefix('--')}")
        elif isinstance(value, tuple):
            words += [flag, ",".join(value)]
        else:
            words += [flag, _make_absolute(value) if setting.name in _PATH_SETTINGS else str(value)]
    return words


def _make_absolute(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111 - links stay, and no user has to exist

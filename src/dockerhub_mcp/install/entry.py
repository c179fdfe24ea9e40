"""Build the entry for a host: the command that starts the server, its arguments and its environment."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dockerhub_mcp.config import Settings, SettingsError, flag_for
from dockerhub_mcp.hub.auth.credentials import SECRET_VARIABLES
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
"""For each variable the one that contradicts it: only one of the two may be set."""

_ENVIRONMENT_SETTINGS = {"username", "token_file"}
_PATH_SETTINGS = {"token_file", "secrets_dir", "plans_dir", "audit_log", "logs_dir"}


@dataclass(frozen=True, slots=True)
class LaunchCommand:
    """The command that starts the server, without the server's own options.

    Attributes:
        command: The program.
        arguments: Its arguments.
        is_machine_specific: Whether the program is a path of this machine.
        image: The container image; empty without a container.
    """

    command: str
    arguments: tuple[str, ...] = ()
    is_machine_specific: bool = False
    image: str = ""


@dataclass(slots=True)
class ServerEntry:
    """The entry of the server in a host's file.

    Attributes:
        values: The entry itself.
        inputs: The secrets that the host prompts for, as VS Code's `inputs`.
        notes: What the user has to do or to know.
    """

    values: dict[str, Any]
    inputs: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class CarriedValues:
    """What an entry takes over from the entry of another server that it replaces.

    Attributes:
        credentials: The variables that refer to the token.
        forwarded: The variables that the host forwards.
        variables: Other variables.
        arguments: Options of the server.
        values: Further keys of the entry.
        container_options: Options of `docker run`.
        writes_token_file: Whether the installation creates the file of `--token-file`.
    """

    credentials: dict[str, str] = field(default_factory=dict)
    forwarded: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    container_options: list[str] = field(default_factory=list)
    writes_token_file: bool = False

    @property
    def provides_token(self) -> bool:
        """Whether the token comes from here, so that nothing else has to provide it."""
        return bool(
            self.credentials or "envFile" in self.values or "--env-file" in self.container_options
        ) or any(name in SECRET_VARIABLES for name in self.forwarded)


def build_installed_command(
    argv0: str, interpreter: str, prefix: str, paths: PlatformPaths, *, is_shared: bool
) -> LaunchCommand:
    """Return the command for the program that is running; uvx if its environment is a temporary one of uvx.

    Args:
        argv0: How the program was started, `sys.argv[0]`.
        interpreter: The Python interpreter, `sys.executable`.
        prefix: The environment, `sys.prefix`.
        paths: The directories of this machine.
        is_shared: Whether other machines read the file as well.
    """
    if {"archive-v0", "builds-v0", "environments-v2"} & set(Path(prefix).parts):
        return build_uvx_command(paths, is_shared=is_shared)
    script = Path(os.path.abspath(argv0))  # noqa: PTH100 - resolve() would follow a link, which outlives an update of its target
    if script.suffix != ".py" and script.stem == PROGRAM_NAME:
        program = script if script.exists() else script.with_suffix(".exe")
        if program.exists():
            return LaunchCommand(str(program), is_machine_specific=True)
    return LaunchCommand(interpreter, ("-m", "dockerhub_mcp"), is_machine_specific=True)


def build_uvx_command(paths: PlatformPaths, *, is_shared: bool) -> LaunchCommand:
    """Return the command that fetches and starts the program with uvx."""
    return LaunchCommand(_resolve_program("uvx", paths, is_shared=is_shared), (PROGRAM_NAME,))


def build_container_command(image: str, paths: PlatformPaths, *, is_shared: bool) -> LaunchCommand:
    """Return the command that starts the program in a container.

    Raises:
        SettingsError: The image name is empty or looks like an option.
    """
    if not image.strip() or image.startswith("-"):
        msg = f"--container needs the name of an image, not {image!r}"
        raise SettingsError(msg)
    return LaunchCommand(
        _resolve_program("docker", paths, is_shared=is_shared),
        ("run", "-i", "--rm", "--read-only"),
        image=image,
    )


def _resolve_program(program: str, paths: PlatformPaths, *, is_shared: bool) -> str:
    """Return the absolute path of a program: graphical hosts often lack the PATH of a shell."""
    path = None if is_shared else shutil.which(program, path=paths.environment.get("PATH", os.defpath))
    return path or program


def build_entry(
    host: Host,
    launch: LaunchCommand,
    options: Mapping[str, Any],
    settings: Settings,
    name: str,
    *,
    carried: CarriedValues | None = None,
    token_variable: str = TOKEN_VARIABLE,
) -> ServerEntry:
    """Build the entry for a host.

    Args:
        host: The host.
        launch: The command that starts the server.
        options: The options of the server that were given.
        settings: Their values.
        name: The server's name in the host.
        carried: What it takes over from the entry that it replaces.
        token_variable: The variable with the token, in the environment that the host starts with.

    Raises:
        SettingsError: An option cannot be used with this host or launch command.
    """
    carried = carried or CarriedValues()
    if carried.provides_token and settings.username:
        credentials = _Credentials({USERNAME_VARIABLE: settings.username, **carried.credentials})
    else:
        credentials = _build_credentials(host, settings, name, token_variable)
    variables = credentials.variables | carried.variables
    forwarded = [*credentials.forwarded, *carried.forwarded]
    notes = [] if carried.writes_token_file else credentials.notes  # which say that it has to be written
    arguments: list[str] = list(launch.arguments)
    if launch.image:
        arguments += _build_container_arguments(options, settings, variables, forwarded)
        arguments += [*carried.container_options, launch.image]
    arguments += [*_build_server_arguments(options, settings), *carried.arguments]
    values: dict[str, Any] = {"type": "stdio"} if host.has_type_field else {}
    values |= {"command": launch.command, "args": arguments}
    if variables:
        values["env"] = variables
    if forwarded:
        values["env_vars"] = forwarded
    values |= carried.values
    return ServerEntry(values, credentials.inputs, notes)


@dataclass(slots=True)
class _Credentials:
    """How an entry names the account; none of it contains a secret.

    Attributes:
        variables: The variables of the entry.
        forwarded: The variables that the host forwards.
        inputs: The secrets that the host prompts for, as VS Code's `inputs`.
        notes: What the user has to do or to know.
    """

    variables: dict[str, str] = field(default_factory=dict)
    forwarded: list[str] = field(default_factory=list)
    inputs: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add_token_input(self, server_name: str) -> str:
        """Add a prompt for the token, and return the reference to its value."""
        input_id = f"{server_name}-token"
        self.inputs.append(
            {
                "type": "promptString",
                "id": input_id,
                "description": "Docker Hub access token",
                "password": True,
            }
        )
        return f"${{input:{input_id}}}"


def _build_credentials(host: Host, settings: Settings, name: str, token_variable: str) -> _Credentials:
    """Return how an entry names the account of the settings."""
    credentials = _Credentials()
    variables, notes = credentials.variables, credentials.notes
    if not settings.username and not settings.token_file:
        return credentials
    if not settings.username:
        msg = (
            "--token-file needs --username beside it: the Docker ID, or an organization's name for its "
            "access token"
        )
        raise SettingsError(msg)
    variables[USERNAME_VARIABLE] = settings.username
    if settings.token_file:
        path = make_absolute(settings.token_file)
        variables[TOKEN_FILE_VARIABLE] = path
        if not Path(path).is_file():
            notes.append(f"Write the token to {path}, on one line, readable by you only (chmod 600).")
    elif host.prompts_for_secrets:
        variables[TOKEN_VARIABLE] = credentials.add_token_input(name)
        notes.append(
            f"{host.title} asks for the token when the server starts, and keeps it in its secret store."
        )
    elif host.variable_reference or host.forwards_variables:
        if host.variable_reference:
            variables[TOKEN_VARIABLE] = host.variable_reference.format(token_variable)
        else:
            credentials.forwarded.append(token_variable)
        notes.append(f"Set {token_variable} in the environment that {host.title} starts with.")
    else:
        msg = (
            f"{host.title} can neither ask for a secret nor take it from the environment, and this file "
            "should not contain a token in plain text. Write the token to a file that only you can read, and "
            "name it with --token-file FILE; after `docker login`, omit both"
        )
        raise SettingsError(msg)
    return credentials


def _build_container_arguments(
    options: Mapping[str, Any], settings: Settings, variables: dict[str, str], forwarded: Sequence[str]
) -> list[str]:
    for name in ("secrets_dir", "plans_dir", "audit_log", "logs_dir"):
        if name in options:
            msg = (
                f"{flag_for(name)} names a path of this machine, which a container does not see; omit it, "
                "and mount the path in the entry that --print shows"
            )
            raise SettingsError(msg)
    arguments: list[str] = []
    if settings.token_file:
        mounted = "/run/secrets/dockerhub-token"
        arguments += ["-v", f"{variables[TOKEN_FILE_VARIABLE]}:{mounted}:ro"]
        variables[TOKEN_FILE_VARIABLE] = mounted
    for variable in (*variables, *forwarded):
        arguments += ["-e", variable]
    return arguments


def _build_server_arguments(options: Mapping[str, Any], settings: Settings) -> list[str]:
    """Return the server's options as they were given, with absolute paths."""
    arguments: list[str] = []
    for setting in dataclasses.fields(Settings):
        if setting.name not in options or setting.name in _ENVIRONMENT_SETTINGS:
            continue
        value, flag = getattr(settings, setting.name), flag_for(setting.name)
        if isinstance(value, bool):
            arguments.append(flag if value else f"--no-{flag.removeprefix('--')}")
        elif isinstance(value, tuple):
            arguments += [flag, ",".join(value)]
        else:
            arguments += [flag, make_absolute(value) if setting.name in _PATH_SETTINGS else str(value)]
    return arguments


def make_absolute(path: str) -> str:
    """Return an absolute path, with the home directory in the place of `~`."""
    return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111 - keeps links, and accepts a user that does not exist

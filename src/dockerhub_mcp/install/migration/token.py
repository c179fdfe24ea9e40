"""Find where an entry of docker/hub-mcp takes the token from, and the place for it in the new entry."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.hub.auth.credentials import SECRET_VARIABLES
from dockerhub_mcp.install.entry import TOKEN_FILE_VARIABLE, TOKEN_VARIABLE
from dockerhub_mcp.install.migration.recognition import HUB_MCP, PAT_VARIABLE, OldEntry
from dockerhub_mcp.install.migration.references import (
    adapt_reference,
    get_default_value,
    get_variable_name,
    is_placeholder,
    is_reference,
)
from dockerhub_mcp.install.migration.report import MigrationReport
from dockerhub_mcp.install.request import InstallRequest

_FILE_VARIABLE = f"{PAT_VARIABLE}_FILE"


@dataclass(slots=True)
class TokenOrigin:
    """Where the new entry takes the token from. All of it is empty if `--token-file` names the file.

    Attributes:
        variables: The variables that refer to it.
        forwarded: The variables that the host forwards.
        values: Further keys of the entry.
        container_options: Options of `docker run`.
        token_file: A file that has the token already.
        secret: The token, if it was in clear and is to be moved to the file of `--token-file`.
        secrets: All secrets that were found.
        is_anonymous: Whether there is no token, so that the entry names no account.
    """

    variables: dict[str, str] = field(default_factory=dict)
    forwarded: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    container_options: list[str] = field(default_factory=list)
    token_file: str = ""
    secret: str = field(default="", repr=False)
    secrets: set[str] = field(default_factory=set, repr=False)
    is_anonymous: bool = False


def find_token_origin(
    old: OldEntry, request: InstallRequest, username: str, report: MigrationReport
) -> TokenOrigin:
    """Return where the new entry takes the token from.

    Raises:
        SettingsError: The token is in clear and `--token-file` is missing, or the host cannot provide it.
    """
    finder = _OriginFinder(old, request, report)
    value = old.variables.get(PAT_VARIABLE)
    secret = finder.find_secret(value)
    files = [*old.command_line.environment_files, *filter(None, [old.environment_file])]
    has_source = PAT_VARIABLE in old.variables or _FILE_VARIABLE in old.variables or bool(files)
    if secret:
        finder.origin.secrets.add(secret)
    if not username and not request.settings.token_file:
        return finder.leave_out_account(has_source=has_source)
    if request.settings.token_file:
        secret = secret or finder.read_variable_files(files, is_required=False)
        finder.use_token_file(secret, has_source=has_source)
    elif secret:
        finder.refuse_clear_text(f"its {PAT_VARIABLE} is in plain text")
    elif PAT_VARIABLE in old.variables and (value is None or is_reference(value)):
        finder.refer_to(f"${{{PAT_VARIABLE}}}" if value is None else value)
    elif _FILE_VARIABLE in old.variables:
        finder.use_named_file(old.variables[_FILE_VARIABLE] or "")
    elif files:
        finder.use_variable_files(files)
    else:
        finder.look_in_environment()
    return finder.origin


class _OriginFinder:
    def __init__(self, old: OldEntry, request: InstallRequest, report: MigrationReport) -> None:
        self.old, self.host, self.launch = old, request.host, request.launch_command
        self.environment, self.report = request.paths.environment, report
        self.origin = TokenOrigin()

    def find_secret(self, value: str | None) -> str:
        """Return the token that a value contains in clear; empty if it contains none."""
        if value is None or is_reference(value):
            return ""
        text = (get_default_value(value) or value).strip()
        return "" if is_placeholder(text) else text

    def refuse_clear_text(self, what: str) -> NoReturn:
        """Refuse a token that has no place in the new entry, with the remedy.

        Raises:
            SettingsError: Always.
        """
        msg = (
            f"the server {self.old.name!r} is {HUB_MCP}, and {what}. The new entry contains no secret: "
            "repeat the command with --token-file FILE, which moves the token to FILE, readable by you only"
        )
        raise SettingsError(msg)

    def leave_out_account(self, *, has_source: bool) -> TokenOrigin:
        self.origin.is_anonymous = True
        if has_source:
            self.report.leave_out(
                PAT_VARIABLE,
                f"without a user name {HUB_MCP} did not use it, and the entry names no account; repeat the "
                "command with --username to add it",
            )
        return self.origin

    def use_token_file(self, secret: str, *, has_source: bool) -> None:
        if secret:
            self.origin.secret = secret
            self.origin.secrets.add(secret)
            self.report.carry("the token, in the file of --token-file")
        elif has_source:
            self.report.leave_out(PAT_VARIABLE, "--token-file takes its place")

    def refer_to(self, value: str) -> None:
        """Keep a reference, in the syntax of the host."""
        if self.host.forwards_variables:
            variable = get_variable_name(value)
            if variable in SECRET_VARIABLES:
                self.origin.forwarded.append(variable)
                self.report.carry(f"the token, which {self.host.title} forwards as {variable}")
                return
        elif adapted := adapt_reference(self.host, value):
            self.origin.variables[TOKEN_VARIABLE] = adapted
            was = "" if adapted == value else f", which was {value}"
            self.report.carry(f"the token as {adapted}{was}")
            return
        msg = (
            f"the server {self.old.name!r} is {HUB_MCP}, and takes its token from {value}, which "
            f"{self.host.title} cannot give to the new entry. Write the token to a file that only you can "
            "read, and repeat the command with --token-file FILE"
        )
        raise SettingsError(msg)

    def use_named_file(self, path: str) -> None:
        """Keep the name of a file with the token; one in a container is looked up among its volumes."""
        if self.old.command_line.is_container:
            path = self._find_mounted_path(path)
        if not path:
            msg = (
                f"the server {self.old.name!r} is {HUB_MCP}, and its {_FILE_VARIABLE} names a file that is "
                "not mounted from this machine. Repeat the command with --token-file FILE"
            )
            raise SettingsError(msg)
        self.report.carry(f"{_FILE_VARIABLE} as {TOKEN_FILE_VARIABLE}")
        if path.startswith(("/", "~")) or Path(path).is_absolute():
            self.origin.token_file = path
        else:
            self.origin.variables[TOKEN_FILE_VARIABLE] = path

    def _find_mounted_path(self, path: str) -> str:
        for option in self.old.command_line.launch_options:
            name, _, value = option.partition(" ")
            source, _, target = value.partition(":")
            target = target.partition(":")[0]
            if name in {"-v", "--volume"} and target and path.startswith(target):
                return source + path.removeprefix(target)
        return ""

    def use_variable_files(self, files: list[str]) -> None:
        """Keep the name of a file of variables where the host or the container reads it."""
        keeps_option = bool(self.launch.image) and not self.old.environment_file
        if len(files) == 1 and (keeps_option or self.host.reads_variable_files):
            if keeps_option:
                self.origin.container_options += ["--env-file", files[0]]
            else:
                self.origin.values["envFile"] = files[0]
                self.origin.container_options += ["-e", PAT_VARIABLE] if self.launch.image else []
            self.report.carry(f"the file of variables {files[0]}, which has to set {PAT_VARIABLE}")
            return
        self.read_variable_files(files, is_required=True)
        self.refuse_clear_text(
            f"its token is in {files[0]}, a file of variables that the new entry cannot name"
        )

    def read_variable_files(self, files: list[str], *, is_required: bool) -> str:
        """Return the token in files of variables, the last that has one.

        Raises:
            SettingsError: None has one, but it is required.
        """
        secret = ""
        for file in files:
            try:
                lines = Path(file).expanduser().read_text("utf-8").splitlines()
            except (OSError, ValueError):
                continue
            for line in lines:
                name, _, value = line.strip().removeprefix("export ").partition("=")
                if name.strip() == PAT_VARIABLE:
                    secret = self.find_secret(value.strip().strip("\"'")) or secret
        if not secret and is_required:
            msg = (
                f"the server {self.old.name!r} is {HUB_MCP}, and its file of variables {files[-1]} has no "
                f"{PAT_VARIABLE} that can be read. Write the token to a file that only you can read, and "
                "repeat the command with --token-file FILE"
            )
            raise SettingsError(msg)
        return secret

    def look_in_environment(self) -> None:
        """Refer to a variable of this environment; without one, the entry names no account."""
        variable = next((name for name in SECRET_VARIABLES if self.environment.get(name, "").strip()), "")
        if variable and (self.host.variable_reference or self.host.forwards_variables):
            self.refer_to(f"${{{variable}}}")
            return
        self.origin.is_anonymous = True
        self.report.leave_out(
            "the user name",
            "the old entry has no token, and without one it has no effect; repeat the command with "
            "--username and --token-file to name the account",
        )

"""Carry over what an entry of docker/hub-mcp says, and report what became of each part of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dockerhub_mcp.hub.auth.credentials import USERNAME_VARIABLES
from dockerhub_mcp.hub.auth.secret_checks import check_name
from dockerhub_mcp.hub.errors import CredentialError
from dockerhub_mcp.install.entry import CarriedValues, LaunchCommand
from dockerhub_mcp.install.hosts import Host
from dockerhub_mcp.install.migration.flags import carry_over_flags, carry_over_logs_directory
from dockerhub_mcp.install.migration.recognition import HUB_MCP, HUB_MCP_TOOLS, PAT_VARIABLE, OldEntry
from dockerhub_mcp.install.migration.references import adapt_reference, is_reference
from dockerhub_mcp.install.migration.report import MigrationReport
from dockerhub_mcp.install.migration.token import TokenOrigin, find_token_origin
from dockerhub_mcp.install.request import InstallRequest
from dockerhub_mcp.install.secrets import holds_secret

_PROXY_VARIABLES = frozenset(
    {"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"}
)
"""Variables that mean the same to this server."""
_REASONS = {
    "MCP_AUTH_TOKEN": "only callers over HTTP present it",
    "NODE_EXTRA_CA_CERTS": "it is of Node; SSL_CERT_FILE names the certificates for this server",
}


@dataclass(slots=True)
class Migration:
    """What a new entry takes over from an entry of docker/hub-mcp.

    Attributes:
        old: The entry.
        username: The user name; empty for an entry without an account.
        origin: Where the token comes from.
        carried: The parts of the new entry.
        report: What became of each part of the old one.
        secrets: The secrets in it, to keep them out of every text.
    """

    old: OldEntry
    username: str
    origin: TokenOrigin
    carried: CarriedValues
    report: MigrationReport
    secrets: set[str] = field(default_factory=set, repr=False)


def carry_over(old: OldEntry, request: InstallRequest, config: Mapping[str, Any]) -> Migration:
    """Return what a new entry takes over.

    Args:
        old: The entry of docker/hub-mcp.
        request: What the user asked for, which counts for more than the old entry.
        config: The content of the host's file.

    Raises:
        SettingsError: A secret would have to be in the new entry, or the token cannot be carried over.
    """
    report, settings = MigrationReport(), request.settings
    flags = carry_over_flags(old, report, request.program)
    username = settings.username or _find_username(old, flags, request.host, report)
    origin = find_token_origin(old, request, username, report)
    if origin.is_anonymous:
        username = ""
    elif username:
        source = "--username" if settings.username else "of the old entry"
        report.carried.insert(0, f"the user name {username} ({source})")
    carried = CarriedValues(origin.variables, list(origin.forwarded), writes_token_file=bool(origin.secret))
    carried.values |= origin.values
    carried.container_options += origin.container_options
    _carry_over_variables(old, request.host, carried, report)
    _carry_over_host_values(old, carried, report)
    carried.arguments += carry_over_logs_directory(
        flags.get("logs-dir", ""),
        is_in_container=old.command_line.is_container or bool(request.launch_command.image),
        is_given="logs_dir" in request.options,
        report=report,
    )
    _leave_out_launch(old, request.launch_command, report)
    if "names" not in request.options:
        carried.arguments += _choose_names(find_named_tools(old, request.host, config), report)
    if "access" not in request.options:
        report.explain(
            f"{HUB_MCP} could write; this entry only reads. Repeat the command with --access write to write."
        )
    secrets = {
        value for name, value in old.variables.items() if value and holds_secret(f'"{name}": "{value}"')
    }
    secrets = {value for value in secrets if not is_reference(value)}
    return Migration(old, username, origin, carried, report, secrets | origin.secrets)


def _find_username(old: OldEntry, flags: Mapping[str, str], host: Host, report: MigrationReport) -> str:
    """Return the user name of an entry, or a reference to it that the host expands; empty without one."""
    names = [flags.get("username"), *map(old.variables.get, USERNAME_VARIABLES)]
    username = next(filter(None, names), "")
    if is_reference(username):
        adapted = adapt_reference(host, username)
        if not adapted:
            report.leave_out("--username", f"{host.title} does not expand {username}")
        return adapted
    try:
        check_name(username, "--username")
    except CredentialError:
        report.leave_out("--username", "it is a placeholder, not a name")
        return ""
    return username


def _carry_over_variables(old: OldEntry, host: Host, carried: CarriedValues, report: MigrationReport) -> None:
    for name, value in old.variables.items():
        if name in {PAT_VARIABLE, f"{PAT_VARIABLE}_FILE", *USERNAME_VARIABLES}:
            continue
        if name.upper() not in _PROXY_VARIABLES:
            report.leave_out(name, _REASONS.get(name, "add it to the entry if the server needs it"))
        elif value is not None and holds_secret(value):
            report.leave_out(name, "it contains a password; set it in the environment of the host")
        elif value is not None:
            carried.variables[name] = value
            report.carry(name)
        elif host.forwards_variables:
            carried.forwarded.append(name)
            report.carry(name)
        else:
            report.leave_out(name, "it has no value; set it in the environment of the host")


def _carry_over_host_values(old: OldEntry, carried: CarriedValues, report: MigrationReport) -> None:
    for key, value in old.host_values.items():
        if holds_secret(json.dumps({key: value}, default=str)):
            report.leave_out(key, "it contains a secret")
            continue
        carried.values[key] = value
        off = value is True if key == "disabled" else value is False if key == "enabled" else False
        report.carry(f"{key} (so the server stays off)" if off else key)


def _leave_out_launch(old: OldEntry, launch: LaunchCommand, report: MigrationReport) -> None:
    """Report how the old server was started, of which nothing is left."""
    line = old.command_line
    started = line.target or line.directory
    report.leave_out(
        " ".join([line.launcher, *([started] if started and "=" not in started else ())]),
        f"the new entry starts {launch.image or 'this program'}",
    )
    if line.launch_options:
        names = ", ".join(option.partition(" ")[0] for option in line.launch_options)
        reason = f"an option of {line.launcher}"
        if launch.image:
            reason += "; add it to the entry if the new container needs it"
        report.leave_out(names, reason)
    if line.wrapper:
        report.leave_out(line.wrapper[0], "the new entry starts the server directly")
    for key in ("cwd", "source", "dev"):
        if key in old.launch_values:
            report.leave_out(key, f"it is for starting {HUB_MCP}")


def _choose_names(named_tools: set[str], report: MigrationReport) -> list[str]:
    """Return the option that keeps the names of tools, if the file names any, such as in an allow-list."""
    if not named_tools:
        report.explain(
            "The tools have other names. If prompts or rules elsewhere use the old ones, repeat the command "
            "with --names hub-mcp."
        )
        return []
    shown = ", ".join(sorted(named_tools))
    report.explain(f"The file has these names of tools: {shown}. --names hub-mcp keeps them.")
    return ["--names", "hub-mcp"]


def find_named_tools(old: OldEntry, host: Host, config: Mapping[str, Any]) -> set[str]:
    """Return the tools of docker/hub-mcp that a host's file names, in the entry or in other places.

    `search` alone counts in the entry only, because it is an ordinary word.
    """
    found = set(_texts(old.host_values)) & set(HUB_MCP_TOOLS)
    elsewhere = dict(config)
    servers = elsewhere.pop(host.servers_key, {})
    others = {name: entry for name, entry in servers.items() if name != old.name}
    names = {
        f"{old.name}{separator}{tool}": tool for separator in ("__", "/", ":", ".") for tool in HUB_MCP_TOOLS
    }
    names |= {f"mcp__{name}": tool for name, tool in names.items()}
    names |= {tool: tool for tool in HUB_MCP_TOOLS if tool != "search"}
    return found | {names[text] for text in _texts([elsewhere, others]) if text in names}


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts in a value of JSON or TOML, including the keys of objects."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield str(key)
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)

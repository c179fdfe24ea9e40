"""Plan an installation: the name of the entry, its content, and the entry of docker/hub-mcp it replaces."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dockerhub_mcp.config import Settings, SettingsError
from dockerhub_mcp.install.account_notes import describe_missing_account, find_token_variable
from dockerhub_mcp.install.editors import files, host_config
from dockerhub_mcp.install.editors.jsonc import ParseError
from dockerhub_mcp.install.entry import (
    USERNAME_VARIABLE,
    CarriedValues,
    ServerEntry,
    build_entry,
    make_absolute,
)
from dockerhub_mcp.install.hosts import ANY_HOST, Host
from dockerhub_mcp.install.migration.carry_over import Migration, carry_over
from dockerhub_mcp.install.migration.other_files import describe_other_files, describe_project_entries
from dockerhub_mcp.install.migration.recognition import HUB_MCP, OldEntry, find_old_entries, parse_old_entry
from dockerhub_mcp.install.migration.token_file import TokenFile
from dockerhub_mcp.install.option_notes import describe_dropped_options
from dockerhub_mcp.install.record import EntryChange
from dockerhub_mcp.install.request import InstallRequest
from dockerhub_mcp.install.secrets import mask_secrets

DEFAULT_NAME = "dockerhub"
_SERVER_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?")
_MIN_SECRET_LENGTH = 8  # shorter ones occur in ordinary words


@dataclass(slots=True)
class InstallPlan:
    """What an installation writes.

    Attributes:
        name: The server's name in the host.
        entry: The entry.
        replaced: The name of the entry of docker/hub-mcp that is removed; empty without one.
        token_file: The file that its token is moved to, if it is in clear.
        report: What became of each part of that entry, and what else to know, in lines.
        secrets: Secrets that no text may contain.
    """

    name: str
    entry: ServerEntry
    replaced: str = ""
    token_file: TokenFile | None = None
    report: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set, repr=False)


def is_valid_name(host: Host, name: str) -> bool:
    """Return whether a host takes a name of a server."""
    return bool(_SERVER_NAME.fullmatch(name)) and ("_" not in name or host.allows_underscores)


def find_installed_name(
    given: str | None, servers: Mapping[str, Any], changes: Mapping[str, EntryChange]
) -> str:
    """Return the name of this server's entry: the given one, the default, or that which it took over.

    Args:
        given: The name given on the command line.
        servers: The servers in the host's file.
        changes: The recorded changes to it.
    """
    if given is not None:
        return given
    taken = [name for name, change in changes.items() if change.replaced and name in servers]
    if len(taken) == 1 and not host_config.is_own_entry(servers.get(DEFAULT_NAME)):
        return taken[0]
    return DEFAULT_NAME


def plan_installation(
    request: InstallRequest, config: Mapping[str, Any], changes: Mapping[str, EntryChange]
) -> InstallPlan:
    """Return what to write into a host's file.

    Args:
        request: What the user asked for.
        config: The content of the file.
        changes: The recorded changes to it.

    Raises:
        SettingsError: The entry cannot be built, or not without a decision of the user.
    """
    host, given = request.host, request.options["name"]
    servers: Mapping[str, Any] = config.get(host.servers_key, {})
    old_entries = find_old_entries(servers)
    name = find_installed_name(given, servers, changes)
    old = _choose_old_entry(request, name, servers, old_entries) if request.options["replace"] else None
    replaced = old.name if old else ""
    is_own = host_config.is_own_entry(servers.get(name))
    if old is not None and given is None and not is_own and is_valid_name(host, old.name):
        name = old.name
    if old is None and request.options["replace"] and is_own:
        old = _read_replaced_entry(host, changes.get(name))
        request = _use_token_file(request, changes.get(name))
    if old is None:
        request = _use_installed_username(request, servers.get(name))
        plan = InstallPlan(name, _build_entry(request, name, request.settings, None))
        plan.report += _describe_old_entries(request, servers.get(name), old_entries)
        if request.options["replace"] and name not in servers and request.host is not ANY_HOST:
            plan.report.append(f"There was neither {HUB_MCP} nor a server called {name!r} to replace.")
    else:
        change = None if replaced else changes.get(name)
        plan = _plan_migration(
            request, config, name, old, replaced, token_file=change.token_file if change else ""
        )
    plan.report += [*describe_project_entries(config), *describe_other_files(request)]
    plan.report += describe_dropped_options(servers.get(name), plan.entry.values)
    merged = host_config.merge_entry(servers.get(name), plan.entry.values)
    plan.report += describe_missing_account(request, merged)
    return plan


def _choose_old_entry(
    request: InstallRequest, name: str, servers: Mapping[str, Any], old_entries: list[OldEntry]
) -> OldEntry | None:
    """Return the entry of docker/hub-mcp that `--replace` is about; None if it is about another.

    Raises:
        SettingsError: It may be about several.
    """
    given = request.options["name"]
    named = next((old for old in old_entries if old.name == given), None)
    if named is not None or not old_entries:
        return named
    is_foreign = name in servers and not host_config.is_own_entry(servers[name])
    if given is not None and is_foreign:
        return None
    if len(old_entries) > 1:
        names = ", ".join(old.name for old in old_entries)
        msg = (
            f"{request.path} was not touched: it has {HUB_MCP} {len(old_entries)} times, as {names}. Name "
            "the one to replace with --name"
        )
        raise SettingsError(msg)
    return old_entries[0]


def _read_replaced_entry(host: Host, change: EntryChange | None) -> OldEntry | None:
    """Return the entry that an earlier installation replaced: repeating the command then changes nothing."""
    if change is None or not change.replaced_backup:
        return None
    try:
        snapshot = files.read_snapshot(Path(change.replaced_backup), for_writing=False)
        config = host_config.parse_host_config(host, snapshot.text)
    except (ParseError, SettingsError):
        return None
    return parse_old_entry(change.replaced, host_config.find_entry(host, config, change.replaced))


def _use_token_file(request: InstallRequest, change: EntryChange | None) -> InstallRequest:
    """Return a request with the file that the token was moved to before, unless it names one itself."""
    if change is None or not change.token_file or request.settings.token_file:
        return request
    return dataclasses.replace(
        request, settings=dataclasses.replace(request.settings, token_file=change.token_file)
    )


def _use_installed_username(request: InstallRequest, existing: Any) -> InstallRequest:
    """Return a request with the user name of the entry of this program, if only its token file is new."""
    variables = existing.get("env") if host_config.is_own_entry(existing) else None
    username = variables.get(USERNAME_VARIABLE) if isinstance(variables, Mapping) else None
    if request.settings.username or not request.settings.token_file or not isinstance(username, str):
        return request
    return dataclasses.replace(request, settings=dataclasses.replace(request.settings, username=username))


def _build_entry(
    request: InstallRequest, name: str, settings: Settings, carried: CarriedValues | None
) -> ServerEntry:
    token_variable = find_token_variable(request.paths.environment)
    return build_entry(
        request.host,
        request.launch_command,
        request.options,
        settings,
        name,
        carried=carried,
        token_variable=token_variable,
    )


def _plan_migration(
    request: InstallRequest,
    config: Mapping[str, Any],
    name: str,
    old: OldEntry,
    replaced: str,
    *,
    token_file: str,
) -> InstallPlan:
    """Return the plan of a migration, or of repeating one, after which `token_file` may have the token."""
    try:
        migration = carry_over(old, request, config)
    except SettingsError as error:
        msg = mask_secrets(f"{request.path} was not touched: {error}")
        raise SettingsError(msg) from None
    origin = migration.origin
    settings = dataclasses.replace(
        request.settings,
        username=migration.username,
        token_file=request.settings.token_file or origin.token_file,
    )
    entry = _build_entry(request, name, settings, migration.carried)
    _check_secrets(request, migration, entry)
    known = [secret for secret in migration.secrets if len(secret) >= _MIN_SECRET_LENGTH]
    report = [f"The server {old.name!r} was {HUB_MCP}."]
    report += [mask_secrets(line, known) for line in migration.report.render_lines()]
    if replaced not in {"", name}:
        report.append(
            f"The new entry is called {name!r}; rules and prompts that name {replaced!r} have to change."
        )
    plan = InstallPlan(name, entry, replaced, report=report, secrets=migration.secrets)
    if origin.secret:
        path = Path(make_absolute(settings.token_file))
        if str(path) != token_file or not os.path.lexists(path):  # else it may have a newer token by now
            plan.token_file = TokenFile(path, origin.secret)
        if str(path) != token_file and Path(token_file).is_file():
            plan.report.append(f"The token is still in {token_file} as well.")
    return plan


def _check_secrets(request: InstallRequest, migration: Migration, entry: ServerEntry) -> None:
    text = json.dumps(entry.values, ensure_ascii=False)
    if any(len(secret) >= _MIN_SECRET_LENGTH and secret in text for secret in migration.secrets):
        msg = (
            f"{request.path} was not touched: the server {migration.old.name!r} is {HUB_MCP}, and has "
            "a secret in another place than its variables. Remove it there, and repeat the command"
        )
        raise SettingsError(msg)


def _describe_old_entries(request: InstallRequest, existing: Any, old_entries: list[OldEntry]) -> list[str]:
    """Point out entries of docker/hub-mcp that stay in the file."""
    names = [old.name for old in old_entries]
    if not names or parse_old_entry("", existing) is not None:  # the refusal says so
        return []
    name = f" --name {names[0]}" if request.options["name"] is not None or len(names) > 1 else ""
    line = (
        f"The file has {HUB_MCP} too, as {', '.join(map(repr, names))}. To move from it to this server, with "
        f"its account and its settings: {request.program} install {request.host.name}{name} --replace"
    )
    return [line]

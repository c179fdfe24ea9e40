"""A host's file as a text with one entry of ours in it; whatever else is in it is proved to be as it was."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.install.editors import json_edit, jsonc, toml_edit
from dockerhub_mcp.install.entry import CONFLICTING_VARIABLES, ServerEntry
from dockerhub_mcp.install.hosts import Host

INPUTS_KEY = "inputs"


def parse_host_config(host: Host, text: str) -> dict[str, Any]:
    """Read a host's file; an empty one is one without servers.

    Raises:
        Unreadable: It is not of its format.
        SettingsError: It has something else where the servers should be.
    """
    if host.is_toml:
        values: Any = toml_edit.parse(text)
    else:
        values = jsonc.parse(text, host.json_dialect).value if text.strip() else {}
    if not isinstance(values, dict):
        msg = f"it has {_describe_type(values)} where the host expects an object"
        raise SettingsError(msg)
    if host.servers_key in values and not isinstance(values[host.servers_key], dict):
        what = _describe_type(values[host.servers_key])
        msg = f"it has {what} as `{host.servers_key}`, where the host expects its servers"
        raise SettingsError(msg)
    if not host.is_toml and not isinstance(values.get(INPUTS_KEY, []), list):
        msg = f"it has {_describe_type(values[INPUTS_KEY])} as `{INPUTS_KEY}`, where the host expects a list"
        raise SettingsError(msg)
    return values


def find_entry(host: Host, host_config: Mapping[str, Any], name: str) -> Any:
    """Return what a server's name stands for now, or None."""
    return host_config.get(host.servers_key, {}).get(name)


def is_own_entry(entry: Any) -> bool:
    """Tell whether an entry starts this program, in whatever way."""
    if not isinstance(entry, Mapping):
        return False
    arguments = entry.get("args")
    words = [entry.get("command"), *(arguments if isinstance(arguments, list) else ())]
    return any("dockerhub-mcp" in str(word).replace("_", "-") for word in words)


def merge_entry(existing: Any, desired: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry as it is to be: what we say, over the person's additions."""
    if not is_own_entry(existing):
        return dict(desired)
    new = copy.deepcopy(dict(existing))
    told = [*desired.get("env", ()), *desired.get("env_vars", ())]
    contradicted = {CONFLICTING_VARIABLES.get(variable) for variable in told}
    if isinstance(new.get("env"), dict):
        new["env"] = {name: value for name, value in new["env"].items() if name not in contradicted}
    if isinstance(new.get("env_vars"), list):
        new["env_vars"] = [name for name in new["env_vars"] if name not in contradicted]
    for key, value in desired.items():
        new[key] = {**new[key], **value} if key == "env" and isinstance(new.get("env"), dict) else value
    return new


def insert_entry(host: Host, text: str, name: str, entry: ServerEntry) -> str:
    """Return the text with an entry in it.

    Raises:
        Unreadable: The text is not of its format.
        SettingsError: The entry has no place in it.
    """
    before = parse_host_config(host, text)
    there = find_entry(host, before, name)
    value = merge_entry(there, entry.values)
    expected = copy.deepcopy(before)
    expected.setdefault(host.servers_key, {})[name] = value
    if host.is_toml:
        new = _upsert_toml_table(host, text, name, there, value)
    else:
        new = text if text.strip() else "{}\n"
        known = {one.get("id") for one in before.get(INPUTS_KEY, ()) if isinstance(one, dict)}
        for asked in entry.inputs:
            if asked["id"] not in known:
                expected.setdefault(INPUTS_KEY, []).append(asked)
                new = json_edit.append_value(new, [INPUTS_KEY], asked, host.json_dialect)
        if is_own_entry(there):
            new = _update_json_object(host, new, [host.servers_key, name], there, value)
        else:
            new = json_edit.set_value(new, [host.servers_key, name], value, host.json_dialect)
    _verify_edit(host, new, expected)
    return new


def remove_entry(host: Host, text: str, name: str, created_keys: list[str]) -> str:
    """Return the text without an entry, and without what was `made` to hold it and holds nothing else."""
    expected = copy.deepcopy(parse_host_config(host, text))
    del expected[host.servers_key][name]
    if not expected[host.servers_key] and (host.is_toml or host.servers_key in created_keys):
        del expected[host.servers_key]
    if host.is_toml:
        new = toml_edit.remove_table(text, (host.servers_key, name))
        _verify_edit(host, new, expected)
        return new
    new = json_edit.remove_value(text, [host.servers_key, name], host.json_dialect)
    if host.servers_key not in expected:
        new = json_edit.remove_value(new, [host.servers_key], host.json_dialect)
    asked = f"{name}-token"
    inputs = expected.get(INPUTS_KEY, [])
    place = next(
        (i for i, one in enumerate(inputs) if isinstance(one, dict) and one.get("id") == asked), None
    )
    if host.prompts_for_secrets and place is not None and f"${{input:{asked}}}" not in new:
        del inputs[place]
        new = json_edit.remove_value(new, [INPUTS_KEY, place], host.json_dialect)
        if not inputs and INPUTS_KEY in created_keys:
            del expected[INPUTS_KEY]
            new = json_edit.remove_value(new, [INPUTS_KEY], host.json_dialect)
    _verify_edit(host, new, expected)
    return new


def find_missing_keys(host: Host, text: str) -> list[str]:
    """Return which of the things that hold entries a text does not have yet."""
    values = parse_host_config(host, text)
    return [key for key in (host.servers_key, INPUTS_KEY) if key not in values]


def _upsert_toml_table(host: Host, text: str, name: str, existing: Any, value: dict[str, Any]) -> str:
    table = (host.servers_key, name)
    if existing is None:
        return toml_edit.append_table(text, table, value)
    if not toml_edit.has_table_header(text, table):
        msg = (
            f"`{'.'.join(table)}` is not written as a table of its own there, and cannot be changed in place"
        )
        raise SettingsError(msg)
    if not is_own_entry(existing):
        return toml_edit.append_table(toml_edit.remove_table(text, table), table, value)
    for key, one in value.items():
        if existing.get(key) == one:
            continue
        if isinstance(one, dict) and toml_edit.has_table_header(text, (*table, key)):
            for gone in existing[key].keys() - one.keys():
                text = toml_edit.remove_value(text, (*table, key), gone)
        text = toml_edit.set_value(text, table, key, one)
    return text


def _update_json_object(
    host: Host, text: str, path: list[str], old: Mapping[str, Any], new: Mapping[str, Any]
) -> str:
    for key in old.keys() - new.keys():
        text = json_edit.remove_value(text, [*path, key], host.json_dialect)
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(old.get(key), dict):
            text = _update_json_object(host, text, [*path, key], old[key], value)
        elif key not in old or old[key] != value:
            text = json_edit.set_value(text, [*path, key], value, host.json_dialect)
    return text


def _verify_edit(host: Host, text: str, expected: Mapping[str, Any]) -> None:
    try:
        is_so = parse_host_config(host, text) == expected
    except (jsonc.ParseError, SettingsError):
        is_so = False
    if not is_so:
        msg = "it is written in a way that this program cannot change without touching something else"
        raise SettingsError(msg)


def _describe_type(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "nothing"}
    return names.get(type(value), "a number")

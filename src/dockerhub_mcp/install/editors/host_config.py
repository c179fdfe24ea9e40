"""Edit the server's entry in the text of a host's file, and verify that nothing else has changed."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.install.editors import json_edit, jsonc, toml_edit
from dockerhub_mcp.install.entry import CONFLICTING_VARIABLES, ServerEntry
from dockerhub_mcp.install.hosts import Host
from dockerhub_mcp.install.migration.recognition import parse_old_entry

INPUTS_KEY = "inputs"


def parse_host_config(host: Host, text: str) -> dict[str, Any]:
    """Parse a host's file; an empty file has no servers.

    Raises:
        ParseError: The text is not in the host's format.
        SettingsError: The servers are not where the host expects them.
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
    """Return the existing entry of a name, or None."""
    return host_config.get(host.servers_key, {}).get(name)


def is_own_entry(entry: Any) -> bool:
    """Tell whether an entry starts this program, whether directly, with uvx or in a container."""
    if not isinstance(entry, Mapping) or parse_old_entry("", entry) is not None:
        return False
    arguments = entry.get("args")
    command_line = [entry.get("command"), *(arguments if isinstance(arguments, list) else ())]
    return any("dockerhub-mcp" in str(word).replace("_", "-") for word in command_line)


def merge_entry(existing: Any, desired: Mapping[str, Any]) -> dict[str, Any]:
    """Return the desired entry, with what the user added to an existing one of this program."""
    if not is_own_entry(existing):
        return dict(desired)
    merged = copy.deepcopy(dict(existing))
    variables = [*desired.get("env", ()), *desired.get("env_vars", ())]
    conflicting = {CONFLICTING_VARIABLES.get(variable) for variable in variables}
    if isinstance(merged.get("env"), dict):
        merged["env"] = {name: value for name, value in merged["env"].items() if name not in conflicting}
    if isinstance(merged.get("env_vars"), list):
        merged["env_vars"] = [name for name in merged["env_vars"] if name not in conflicting]
    for key, value in desired.items():
        is_env = key == "env" and isinstance(merged.get("env"), dict)
        merged[key] = {**merged[key], **value} if is_env else value
    return merged


def insert_entry(host: Host, text: str, name: str, entry: ServerEntry) -> str:
    """Return the text with an entry added or updated.

    Raises:
        ParseError: The text is not in the host's format.
        SettingsError: The text cannot be edited without changing something else.
    """
    config = parse_host_config(host, text)
    existing = find_entry(host, config, name)
    value = merge_entry(existing, entry.values)
    expected = copy.deepcopy(config)
    expected.setdefault(host.servers_key, {})[name] = value
    if host.is_toml:
        edited = _upsert_toml_table(host, text, name, existing, value)
    else:
        edited = text if text.strip() else "{}\n"
        existing_ids = {item.get("id") for item in config.get(INPUTS_KEY, ()) if isinstance(item, dict)}
        for definition in entry.inputs:
            if definition["id"] not in existing_ids:
                expected.setdefault(INPUTS_KEY, []).append(definition)
                edited = json_edit.append_value(edited, [INPUTS_KEY], definition, host.json_dialect)
        if is_own_entry(existing):
            edited = _update_json_object(host, edited, [host.servers_key, name], existing, value)
        else:
            edited = json_edit.set_value(edited, [host.servers_key, name], value, host.json_dialect)
    _verify_edit(host, edited, expected)
    return edited


def remove_entry(host: Host, text: str, name: str, created_keys: list[str]) -> str:
    """Return the text without an entry, and without those of `created_keys` that hold nothing else."""
    expected = copy.deepcopy(parse_host_config(host, text))
    del expected[host.servers_key][name]
    if not expected[host.servers_key] and (host.is_toml or host.servers_key in created_keys):
        del expected[host.servers_key]
    if host.is_toml:
        edited = toml_edit.remove_table(text, (host.servers_key, name))
        _verify_edit(host, edited, expected)
        return edited
    edited = json_edit.remove_value(text, [host.servers_key, name], host.json_dialect)
    if host.servers_key not in expected:
        edited = json_edit.remove_value(edited, [host.servers_key], host.json_dialect)
    edited = _remove_unused_input(host, edited, name, created_keys, expected)
    _verify_edit(host, edited, expected)
    return edited


def _remove_unused_input(
    host: Host, text: str, name: str, created_keys: list[str], expected: dict[str, Any]
) -> str:
    """Return the text without the prompt of an entry, unless it is still referred to; update `expected`."""
    input_id = f"{name}-token"
    inputs = expected.get(INPUTS_KEY, [])
    index = next(
        (i for i, item in enumerate(inputs) if isinstance(item, dict) and item.get("id") == input_id), None
    )
    if not host.prompts_for_secrets or index is None or f"${{input:{input_id}}}" in text:
        return text
    del inputs[index]
    text = json_edit.remove_value(text, [INPUTS_KEY, index], host.json_dialect)
    if not inputs and INPUTS_KEY in created_keys:
        del expected[INPUTS_KEY]
        text = json_edit.remove_value(text, [INPUTS_KEY], host.json_dialect)
    return text


def restore_entry(
    host: Host, text: str, name: str, created_keys: list[str], *, original_text: str, original_name: str
) -> str:
    """Return the text with an entry replaced by one of an earlier text, as it was written there.

    Raises:
        ParseError: A text is not in the host's format.
        SettingsError: The earlier text has no such entry, or the text cannot be edited.
    """
    original = find_entry(host, parse_host_config(host, original_text), original_name)
    if original is None:
        msg = f"its backup has no server called {original_name!r}"
        raise SettingsError(msg)
    expected = copy.deepcopy(parse_host_config(host, text))
    expected[host.servers_key][original_name] = original
    if name != original_name:
        del expected[host.servers_key][name]
    path, dialect = [host.servers_key, original_name], host.json_dialect
    if host.is_toml:
        table = (host.servers_key, original_name)
        edited = toml_edit.remove_table(text, (host.servers_key, name))
        edited = toml_edit.append_text(edited, toml_edit.read_table_text(original_text, table))
    else:
        edited = json_edit.set_value(text, path, original, dialect)
        edited = json_edit.replace_text(
            edited, path, json_edit.read_text(original_text, path, dialect), dialect
        )
        if name != original_name:
            edited = json_edit.remove_value(edited, [host.servers_key, name], dialect)
        if f'"{name}-token"' not in original_text:
            edited = _remove_unused_input(host, edited, name, created_keys, expected)
    _verify_edit(host, edited, expected)
    return edited


def find_missing_keys(host: Host, text: str) -> list[str]:
    """Return which of the keys that hold entries and inputs a text lacks."""
    values = parse_host_config(host, text)
    return [key for key in (host.servers_key, INPUTS_KEY) if key not in values]


def _upsert_toml_table(host: Host, text: str, name: str, existing: Any, value: dict[str, Any]) -> str:
    table = (host.servers_key, name)
    if existing is None:
        return toml_edit.append_table(text, table, value)
    if not toml_edit.has_table_header(text, table):
        msg = f"its `{'.'.join(table)}` is not written as a table of its own, and cannot be changed in place"
        raise SettingsError(msg)
    if not is_own_entry(existing):
        return toml_edit.append_table(toml_edit.remove_table(text, table), table, value)
    for key, member in value.items():
        if existing.get(key) == member:
            continue
        if isinstance(member, dict) and toml_edit.has_table_header(text, (*table, key)):
            for removed_key in existing[key].keys() - member.keys():
                text = toml_edit.remove_value(text, (*table, key), removed_key)
        text = toml_edit.set_value(text, table, key, member)
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
        is_as_expected = parse_host_config(host, text) == expected
    except (jsonc.ParseError, SettingsError):
        is_as_expected = False
    if not is_as_expected:
        msg = "it is written in a way that this program cannot change without touching something else"
        raise SettingsError(msg)


def _describe_type(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")

"""A host's file as a text with one entry of ours in it; whatever else is in it is proved to be as it was."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.install.editors import json_edit, jsonc, toml_edit
from dockerhub_mcp.install.entry import OTHER_FORMS, Entry
from dockerhub_mcp.install.hosts import Host

INPUTS = "inputs"


def read(host: Host, text: str) -> dict[str, Any]:
    """Read a host's file; an empty one is one without servers.

    Raises:
        Unreadable: It is not of its format.
        SettingsError: It has something else where the servers should be.
    """
    if host.toml:
        values: Any = toml_edit.parse(text)
    else:
        values = jsonc.parse(text, host.rules).value if text.strip() else {}
    if not isinstance(values, dict):
        msg = f"it has {_kind(values)} where the host expects an object"
        raise SettingsError(msg)
    if host.container in values and not isinstance(values[host.container], dict):
        what = _kind(values[host.container])
        msg = f"it has {what} as `{host.container}`, where the host expects its servers"
        raise SettingsError(msg)
    if not host.toml and not isinstance(values.get(INPUTS, []), list):
        msg = f"it has {_kind(values[INPUTS])} as `{INPUTS}`, where the host expects a list"
        raise SettingsError(msg)
    return values


def entry_in(host: Host, values: Mapping[str, Any], name: str) -> Any:
    """Return what a server's name stands for now, or None."""
    return values.get(host.container, {}).get(name)


def is_ours(entry: Any) -> bool:
    """Tell whether an entry starts this program, in whatever way."""
    if not isinstance(entry, Mapping):
        return False
    arguments = entry.get("args")
    words = [entry.get("command"), *(arguments if isinstance(arguments, list) else ())]
    return any("dockerhub-mcp" in str(word).replace("_", "-") for word in words)


def merged(entry: Any, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry as it is to be: what we say, over the person's additions."""
    if not is_ours(entry):
        return dict(wanted)
    new = copy.deepcopy(dict(entry))
    told = [*wanted.get("env", ()), *wanted.get("env_vars", ())]
    contradicted = {OTHER_FORMS.get(variable) for variable in told}
    if isinstance(new.get("env"), dict):
        new["env"] = {name: value for name, value in new["env"].items() if name not in contradicted}
    if isinstance(new.get("env_vars"), list):
        new["env_vars"] = [name for name in new["env_vars"] if name not in contradicted]
    for key, value in wanted.items():
        new[key] = {**new[key], **value} if key == "env" and isinstance(new.get("env"), dict) else value
    return new


def with_entry(host: Host, text: str, name: str, entry: Entry) -> str:
    """Return the text with an entry in it.

    Raises:
        Unreadable: The text is not of its format.
        SettingsError: The entry has no place in it.
    """
    before = read(host, text)
    there = entry_in(host, before, name)
    value = merged(there, entry.values)
    expected = copy.deepcopy(before)
    expected.setdefault(host.container, {})[name] = value
    if host.toml:
        new = _with_table(host, text, name, there, value)
    else:
        new = text if text.strip() else "{}\n"
        known = {one.get("id") for one in before.get(INPUTS, ()) if isinstance(one, dict)}
        for asked in entry.inputs:
            if asked["id"] not in known:
                expected.setdefault(INPUTS, []).append(asked)
                new = json_edit.append(new, [INPUTS], asked, host.rules)
        if is_ours(there):
            new = _in_step(host, new, [host.container, name], there, value)
        else:
            new = json_edit.put(new, [host.container, name], value, host.rules)
    _prove(host, new, expected)
    return new


def without_entry(host: Host, text: str, name: str, made: list[str]) -> str:
    """Return the text without an entry, and without what was `made` to hold it and holds nothing else."""
    expected = copy.deepcopy(read(host, text))
    del expected[host.container][name]
    if not expected[host.container] and (host.toml or host.container in made):
        del expected[host.container]
    if host.toml:
        new = toml_edit.drop_table(text, (host.container, name))
        _prove(host, new, expected)
        return new
    new = json_edit.drop(text, [host.container, name], host.rules)
    if host.container not in expected:
        new = json_edit.drop(new, [host.container], host.rules)
    asked = f"{name}-token"
    inputs = expected.get(INPUTS, [])
    place = next(
        (i for i, one in enumerate(inputs) if isinstance(one, dict) and one.get("id") == asked), None
    )
    if host.prompts and place is not None and f"${{input:{asked}}}" not in new:
        del inputs[place]
        new = json_edit.drop(new, [INPUTS, place], host.rules)
        if not inputs and INPUTS in made:
            del expected[INPUTS]
            new = json_edit.drop(new, [INPUTS], host.rules)
    _prove(host, new, expected)
    return new


def lacks(host: Host, text: str) -> list[str]:
    """Return which of the things that hold entries a text does not have yet."""
    values = read(host, text)
    return [key for key in (host.container, INPUTS) if key not in values]


def _with_table(host: Host, text: str, name: str, there: Any, value: dict[str, Any]) -> str:
    table = (host.container, name)
    if there is None:
        return toml_edit.add_table(text, table, value)
    if not toml_edit.table_of(text, table):
        msg = (
            f"`{'.'.join(table)}` is not written as a table of its own there, and cannot be changed in place"
        )
        raise SettingsError(msg)
    if not is_ours(there):
        return toml_edit.add_table(toml_edit.drop_table(text, table), table, value)
    for key, one in value.items():
        if there.get(key) == one:
            continue
        if isinstance(one, dict) and toml_edit.table_of(text, (*table, key)):
            for gone in there[key].keys() - one.keys():
                text = toml_edit.drop(text, (*table, key), gone)
        text = toml_edit.put(text, table, key, one)
    return text


def _in_step(host: Host, text: str, path: list[str], old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    for key in old.keys() - new.keys():
        text = json_edit.drop(text, [*path, key], host.rules)
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(old.get(key), dict):
            text = _in_step(host, text, [*path, key], old[key], value)
        elif key not in old or old[key] != value:
            text = json_edit.put(text, [*path, key], value, host.rules)
    return text


def _prove(host: Host, text: str, expected: Mapping[str, Any]) -> None:
    try:
        is_so = read(host, text) == expected
    except (jsonc.Unreadable, SettingsError):
        is_so = False
    if not is_so:
        msg = "it is written in a way that this program cannot change without touching something else"
        raise SettingsError(msg)


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "nothing"}
    return names.get(type(value), "a number")

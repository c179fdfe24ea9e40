"""Audit logs as tests read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read_entries(path: Path) -> list[dict[str, Any]]:
    """Return all entries of an audit log; each line must be one."""
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def read_outcomes(path: Path) -> list[dict[str, Any]]:
    """Return the outcomes; each `done` or `unknown` one must have an intent before it, with the same fields."""
    intents, outcomes = {}, []
    for entry in read_entries(path):
        if entry["event"] == "intent":
            assert "outcome" not in entry
            assert entry["id"] not in intents, "each change has an id of its own"
            intents[entry["id"]] = entry
            continue
        assert entry["event"] == "outcome"
        intent = intents.pop(entry["id"], None)
        assert intent is not None or entry["outcome"] in {"refused", "declined"}
        if intent is not None:
            varying = {"time", "event", "outcome", "reason", "account", "who"}
            assert intent.keys() - varying == entry.keys() - varying
            assert all(intent[name] == entry[name] for name in intent.keys() - varying)
        outcomes.append(entry)
    assert not intents, "each intent has an outcome"
    return outcomes


def read_complete_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file of JSON lines, without lines that a killed process has torn."""
    found = []
    for line in path.read_bytes().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found

"""The comparison of two servers' answers to the same lines."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

_VARIABLE = (
    (re.compile(r"\bunder [0-9a-f]{12}\b"), "under REQUEST"),
    (re.compile(r"\bas of \d\d:\d\d:\d\dZ, \d[\w .]* ago\b"), "as of TIME"),
    (re.compile(r"\(Request [0-9a-f]{12} in"), "(Request REQUEST in"),
    (re.compile(r'\bstart_before(": "|: )[-:\dT]+Z'), "start_before: TIME"),
    (re.compile(r"\bcleanup-[0-9a-f]{32}\b"), "cleanup-ID"),
)
"""Parts of answers that differ between any two servers."""


def normalize(message: Any) -> str:
    """Return a text that is equal for messages that mean the same."""
    text = json.dumps(message, sort_keys=True, ensure_ascii=False)
    for pattern, name in _VARIABLE:
        text = pattern.sub(name, text)
    return text


def find_differences(
    lines: Sequence[bytes], wanted: Iterable[dict[str, Any]], found: Iterable[dict[str, Any]]
) -> list[str]:
    """Return a report of each difference between the answers, with the lines that may have caused it.

    Answers may come in any order. Several answers to one id, and messages without an id, are compared as sets.
    """
    by_wanted, by_found = _group(wanted), _group(found)
    reports = []
    for key in {**by_wanted, **by_found}:
        missing, surplus = by_wanted[key] - by_found[key], by_found[key] - by_wanted[key]
        if missing or surplus:
            reports.append(_report(key, lines, missing, surplus))
    return reports


def _group(messages: Iterable[dict[str, Any]]) -> defaultdict[str, Counter[str]]:
    groups: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for message in messages:
        groups[json.dumps(message.get("id"))][normalize(message)] += 1
    return groups


def _report(key: str, lines: Sequence[bytes], missing: Counter[str], surplus: Counter[str]) -> str:
    causes = [line for line in lines if _has_id(line, key)] or [b"(no line with this id)\n"]
    parts = [
        f"id {key}",
        *(f"  line: {_shorten(line.decode(errors='backslashreplace'))}" for line in causes[:5]),
    ]
    parts += [f"  only the SDK:    {count} x {_shorten(text)}" for text, count in missing.items()]
    parts += [f"  only the server: {count} x {_shorten(text)}" for text, count in surplus.items()]
    return "\n".join(parts)


def _has_id(line: bytes, key: str) -> bool:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return key == "null"
    return isinstance(data, dict) and json.dumps(data.get("id")) == key


def _shorten(text: str) -> str:
    text = text.strip()
    return text if len(text) < 1500 else f"{text[:1200]} ... {text[-250:]}"

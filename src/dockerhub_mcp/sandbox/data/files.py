"""The files with the sample data: JSON records and Markdown templates, each parsed once per process.

Times in the records are offsets from the start of the sandbox, such as `-2h` or `+30d`, so that the newest
push is always a few days old.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from dockerhub_mcp.sandbox.timestamps import DAY, HOUR, MINUTE

DATA_DIRECTORY = Path(__file__).parent
UNIT_SECONDS = {"m": MINUTE, "h": HOUR, "d": DAY}


@cache
def load_records(name: str) -> Any:
    """Return the content of `records/<name>.json`. All callers share it, so it must not be changed."""
    return json.loads((DATA_DIRECTORY / "records" / f"{name}.json").read_text("utf-8"))


@cache
def load_template(name: str) -> str:
    """Return `readme_templates/<name>.md.tmpl`, a template for `str.format`, without the final newline."""
    return (DATA_DIRECTORY / "readme_templates" / f"{name}.md.tmpl").read_text("utf-8").rstrip("\n")


@cache
def parse_offset(text: str) -> float:
    """Return an offset in seconds: a signed number followed by m (minutes), h (hours) or d (days)."""
    return float(text[:-1]) * UNIT_SECONDS[text[-1]]


def resolve_timestamps(record: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a copy of a record in which every `*_at` field is a time instead of an offset from `now`."""
    return {
        name: now + parse_offset(value) if name.endswith("_at") else value for name, value in record.items()
    }


def find_categories(slugs: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the name and the slug of each category."""
    names = load_records("categories")
    return tuple((names[slug], slug) for slug in slugs)

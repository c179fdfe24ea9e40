"""The options of `dockerhub-mcp cleanup`: a rule for each argument of the tool `plan_tag_cleanup`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dockerhub_mcp.cli.call.argument_names import Schema, format_option
from dockerhub_mcp.cli.call.argument_values import choose_parsing
from dockerhub_mcp.cli.options import SERVING_SETTINGS, add_settings_options

PLAN_TOOL, APPLY_TOOL = "plan_tag_cleanup", "apply_tag_cleanup"
RULE_PREFIX = "rule "
"""What precedes the name of a rule in the parsed options, where settings have their plain names."""
SHORT_NAMES = {"keep_newest_per": "per"}
"""Further names of rules, on the command line and in a rules file."""
AGENT_SETTINGS = frozenset(
    {"access", "toolsets", "tools", "exclude_tools", "confirm", "secrets_dir", "max_result_bytes", "names"}
)
"""The settings for agents; this command has `--apply` and its question in their place."""

_GLOBS: Schema = {"type": "array", "items": {"type": "string"}}
_TIME: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_COUNT: Schema = {"type": "integer"}
_GROUPS: Schema = {"type": "string", "enum": ["family", "major", "minor", "repository"]}
_MAX_DELETE_HELP = (
    "delete at most N tags, and images that had lost their tag before, in this run, the oldest first; by "
    "default 100 of each repository; with --apply and without a terminal, it takes the place of the question"
)
_UNDATED: Schema = {"type": "string", "enum": ["keep", "old"]}

# Declared here as well, because a completion script is made without loading the tools.
RULES: Mapping[str, tuple[Schema, str]] = {
    "delete_matching": (_GLOBS, "delete tags that match one of these globs"),
    "delete_excluding": (_GLOBS, "delete tags that match none of these globs"),
    "older_than": (_TIME, "delete tags pushed longer ago than this, such as 180d, 6mo or 1y"),
    "not_pulled_for": (_TIME, "delete tags not pulled for this long"),
    "only_unstable": (_FLAG, "delete prereleases, branches and snapshots only"),
    "only_superseded": (_FLAG, "delete tags only where a newer stable tag of the same kind exists"),
    "only_inactive": (_FLAG, "delete only tags that the Hub calls inactive"),
    "keep_matching": (_GLOBS, "keep tags that match one of these globs, by default latest"),
    "keep_newest": (_COUNT, "keep the newest N versions of each group"),
    "keep_newest_per": (_GROUPS, "the groups of --keep-newest, by default family (versions named alike)"),
    "keep_pulled_within": (_TIME, "keep tags pulled within this time"),
    "keep_younger_than": (_TIME, "keep tags pushed within this time, by default 24h"),
    "undated": (_UNDATED, "keep tags without a push date, or treat them as old; by default keep"),
    "max_delete": (_COUNT, _MAX_DELETE_HELP),
    "allow_everything": (_FLAG, "allow a plan that leaves no tag"),
    "untagged": (_FLAG, "also delete images without a tag, which frees storage"),
}
"""The type and the help of each rule, by its name."""


def format_rule(name: str) -> str:
    """Return the option of a rule, the short one if it has two."""
    return format_option(SHORT_NAMES.get(name, name))


def name_options(text: str) -> str:
    """Write the names of rules in a text of the tools as options: `--untagged` for `untagged=true`.

    Values that the text quotes stay as they are, and lists get the form of the command line.
    """
    names = "|".join(sorted(RULES, key=len, reverse=True))
    text = re.sub(rf"(?<![\w'\"-])({names})\b(?:=true\b)?", lambda found: format_rule(found[1]), text)
    return re.sub(r"""(--[a-z-]+)(?:=| to )\[(['"][^'"]*['"])\]""", _write_list, text)


def _write_list(found: re.Match[str]) -> str:
    return f"{found[1]} {found[2]}".replace('"', "'")


def add_cleanup_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command, and those of the server that it uses."""
    parser.add_argument(
        "repositories",
        nargs="*",
        metavar="REPOSITORY",
        help="namespace/repository; of --rules, by default all",
    )
    parser.add_argument("--apply", action="store_true", help="carry the plan out; otherwise it is only shown")
    parser.add_argument(
        "--rules", type=Path, metavar="FILE", help="TOML file with the rules of many repositories"
    )
    parser.add_argument(
        "-o", "--output", choices=("table", "json"), default="table", help="for people, or for programs"
    )
    rules = parser.add_argument_group(
        "rules; a tag is deleted if all delete rules match and no rule keeps it"
    )
    for name, (schema, text) in RULES.items():
        options = [format_option(each) for each in (SHORT_NAMES.get(name), name) if each]
        parsing = _choose_parsing(schema)
        rules.add_argument(*options, dest=RULE_PREFIX + name, default=argparse.SUPPRESS, help=text, **parsing)
    server = parser.add_argument_group("options of the server; in brackets the environment variable")
    add_settings_options(server, include_http=False, exclude=SERVING_SETTINGS | AGENT_SETTINGS)


def _choose_parsing(schema: Schema) -> dict[str, Any]:
    """Return how argparse parses a rule."""
    if schema is _FLAG:
        return {"action": "store_true"}
    return choose_parsing(schema) | ({"metavar": "TIME"} if schema is _TIME else {})

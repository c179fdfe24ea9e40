"""Find variables that are misspelt, and would have no effect."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from dockerhub_mcp.config import REMOVED_SETTINGS, Problem, Settings, env_var_for

_PREFIX = "DOCKERHUB_MCP_"
_SECRETS = ("AUTH_TOKEN", "AUTH_TOKEN_FILE", "AUTH_TOKENS", "METRICS_TOKEN", "STORE_URL")
"""Variables of the HTTP server that are no settings, and one that it refuses, without their prefix."""
_SIMILARITY = 0.8  # of the names without the prefix; other variables belong to other programs


def check_variables(environment: Mapping[str, str]) -> Iterator[Problem]:
    """Warn of variables that nearly have the name of one of this program; the server logs it at its start."""
    names = {env_var_for(setting) for setting in dataclasses.fields(Settings)}
    names |= {_PREFIX + name for name in _SECRETS} | {_PREFIX + name.upper() for name in REMOVED_SETTINGS}
    known = {name.removeprefix(_PREFIX) for name in names if name.startswith(_PREFIX)}
    for variable in sorted(environment):
        name = variable.removeprefix(_PREFIX)
        if name == variable or name in known or not environment[variable].strip():
            continue
        from difflib import get_close_matches  # noqa: PLC0415 - few servers need it, and hosts wait

        matches = get_close_matches(name.upper()[:64], sorted(known), n=1, cutoff=_SIMILARITY)
        if matches:
            yield Problem(
                variable,
                f"{variable[:80]} is set, but there is no such variable",
                f"did you mean {_PREFIX}{matches[0]}?",
                is_fatal=False,
            )

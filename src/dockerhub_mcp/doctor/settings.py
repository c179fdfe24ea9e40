"""Report what is wrong with the settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dockerhub_mcp.config import Problem
from dockerhub_mcp.doctor.report import Finding, FindingStatus

_START_BLOCKED = "Until then the server does not start."


def build_settings_finding(problems: Iterable[Problem]) -> Finding:
    """Return one finding for all problems; only a fatal one makes it wrong."""
    fatal = _unique_texts(problem for problem in problems if problem.is_fatal)
    warnings = _unique_texts(problem for problem in problems if not problem.is_fatal)
    labelled = [("and", text) for text in fatal] + [("note" if fatal else "and", text) for text in warnings]
    if not labelled:
        return Finding("settings", FindingStatus.OK, "are all valid", {"problems": []})
    (_, first), *others = labelled
    remedy = f"Correct {'these' if len(fatal) > 1 else 'this'}. {_START_BLOCKED}" if fatal else ""
    return Finding(
        "settings",
        FindingStatus.WRONG if fatal else FindingStatus.NOTE,
        first,
        {"problems": [*fatal, *warnings]},
        remedy=remedy,
        details=others,
    )


def _unique_texts(problems: Iterable[Problem]) -> Sequence[str]:
    return list(dict.fromkeys(map(str, problems)))

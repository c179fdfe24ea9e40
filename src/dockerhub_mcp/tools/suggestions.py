"""Suggest the name that a misspelled one probably stands for. Needs no installed package."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dockerhub_mcp.tools.toolsets import TOOLSET_NAMES

MAX_NAME_LENGTH = 100
"""Characters of a name that are looked at, and repeated in a message."""

_MAX_LISTED_NAMES = 30
_MAX_SUGGESTIONS = 3
_ARGUMENT_CUTOFF = 0.6
_SYNONYMS = (
    ("org_name", "org", "organization", "organisation", "orgname", "account", "namespace", "owner"),
    ("namespace", "user", "owner"),
    ("repository", "repo", "repo_name", "repository_name", "image", "image_name"),
    ("username", "user", "user_name", "member", "login", "docker_id", "member_name", "email", "invitees"),
    ("group_name", "group", "team", "team_name", "group_id", "team_id"),
    ("tag", "tag_name", "version"),
    ("page_size", "size", "max_items", "count", "limit", "per_page", "max_results", "pagesize", "top"),
    ("page", "from", "startIndex", "page_number", "offset", "skip", "cursor", "start"),
    ("ordering", "order", "sort", "sort_by", "order_by", "sortBy", "sortOrder", "orderby"),
    ("query", "search", "name", "filter", "q", "term", "search_term", "keyword", "text"),
    ("architecture", "architectures", "arch", "platform", "cpu"),
    ("os", "operating_systems", "operating_system", "platform"),
    ("access_token_id", "uuid", "id", "token_id", "token", "invite_id", "user_id"),
    ("token_label", "label", "title", "token_name"),
    ("is_private", "private", "visibility", "public"),
    ("from", "since", "after", "start_date", "start_time"),
    ("to", "until", "before", "end_date", "end_time", "end"),
    ("regex", "pattern", "rule", "immutable_tags_rules", "rules"),
    ("fields", "columns", "select", "attributes"),
    ("detail", "verbose", "full", "details"),
    ("permission", "role", "access", "level"),
    ("resources", "scopes", "permissions"),
)
"""Names of arguments with one meaning, the most usual of ours first."""


def did_you_mean(name: str, candidates: Sequence[str]) -> str:
    """Return the candidates closest to a name, as the end of a sentence.

    Without a close match, all candidates are listed if there are at most 30; otherwise the text is empty.
    """
    name = name[:MAX_NAME_LENGTH]
    matches = _find_close_matches(name.lower().replace("-", "_"), candidates, n=_MAX_SUGGESTIONS, cutoff=0.5)
    matches = matches or _find_close_matches(name.lower(), candidates, n=_MAX_SUGGESTIONS, cutoff=0.5)
    return _format_suggestions(matches, candidates)


def suggest_toolsets(name: str) -> str:
    """Return the toolset that a name probably means, and the names of all, as the end of a sentence."""
    matches = _find_close_matches(
        name[:MAX_NAME_LENGTH].lower().replace("_", "-"), TOOLSET_NAMES, n=1, cutoff=0.6
    )
    guess = f"; did you mean {matches[0]}?" if matches else "."
    return f"{guess} The toolsets are {', '.join(TOOLSET_NAMES)}"


def suggest_arguments(name: str, candidates: Sequence[str]) -> str:
    """Return the arguments that a name probably means, as the end of a sentence, as `did_you_mean` does."""
    return _format_suggestions(find_arguments(name, candidates), candidates)


def find_arguments(name: str, candidates: Sequence[str]) -> list[str]:
    """Return the arguments that a name probably means: those of the same meaning, else of a similar spelling.

    A name with a meaning of its own is never taken for one that only looks alike, as `org` for `ordering`.
    """
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name[:MAX_NAME_LENGTH]).replace("-", "_").lower()
    same_name = [each for each in candidates if _fold(each) == _fold(name)]
    if same_name:
        return same_name
    groups = [group for group in _SYNONYMS if any(_fold(each) == _fold(name) for each in group)]
    if groups:
        by_meaning = {_fold(each): each for each in reversed(candidates)}
        meant = [by_meaning[_fold(each)] for group in groups for each in group if _fold(each) in by_meaning]
        return list(dict.fromkeys(meant))[:_MAX_SUGGESTIONS]
    return _find_close_matches(name, candidates, n=_MAX_SUGGESTIONS, cutoff=_ARGUMENT_CUTOFF)


def has_known_meaning(name: str) -> bool:
    """Tell whether a name is a usual one for an argument, so that its spelling tells nothing more."""
    return any(_fold(each) == _fold(name.replace("-", "_")) for group in _SYNONYMS for each in group)


def _fold(name: str) -> str:
    return name.replace("_", "").lower()


def _format_suggestions(matches: Sequence[str], candidates: Sequence[str]) -> str:
    if not matches:
        return f"; there are {', '.join(candidates)}" if len(candidates) <= _MAX_LISTED_NAMES else ""
    return f"; did you mean {' or '.join(matches)}?"


def _find_close_matches(name: str, candidates: Sequence[str], *, n: int, cutoff: float) -> list[str]:
    from difflib import get_close_matches  # noqa: PLC0415 - most calls need no suggestion

    return get_close_matches(name, candidates, n=n, cutoff=cutoff)

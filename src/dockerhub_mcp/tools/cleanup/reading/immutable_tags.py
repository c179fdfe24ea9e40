"""Find the tags that the rules of a repository make immutable: the Hub would refuse to delete them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dockerhub_mcp.hub.errors import HubError
from dockerhub_mcp.hub.methods import VerifyImmutableTags
from dockerhub_mcp.hub.models import ImmutableTagsSettings
from dockerhub_mcp.tools.cleanup.reading.rule_matching import RuleMatch, TagRule
from dockerhub_mcp.tools.cleanup.reading.rule_parser import UnsupportedRuleError
from dockerhub_mcp.tools.context import ToolContext

MAX_VERIFIED_RULES = 10
"""The most rules that the Hub is asked about."""


@dataclass(slots=True)
class ImmutableTags:
    """The immutable ones among some tags.

    Attributes:
        certain: The names of those that a rule matches.
        possible: The names of those for which neither this server nor the Hub decided.
        undecided_rules: The number of rules that could not be decided.
    """

    certain: set[str] = field(default_factory=set)
    possible: set[str] = field(default_factory=set)
    undecided_rules: int = 0


async def find_immutable_tags(
    context: ToolContext,
    namespace: str,
    repository: str,
    settings: ImmutableTagsSettings | None,
    names: Sequence[str],
) -> ImmutableTags:
    """Return which tags are immutable.

    A rule that matches a whole name, or no part of it, is decided here. Otherwise the Hub is asked, because
    the API reference does not say whether a part is enough.

    Args:
        context: The context of the call.
        namespace: The namespace.
        repository: The repository.
        settings: The rules, from the repository; None where the Hub does not tell.
        names: The tags to decide on.
    """
    found = ImmutableTags()
    if settings is None or not settings.enabled or not names:
        return found
    rules = [rule for rule in settings.rules or [] if rule.strip()]
    if not rules or ".*" in rules:  # without rules, every tag is immutable
        found.certain.update(names)
        return found
    open_rules = 0
    for rule in rules:
        doubtful = _decide_locally(rule, names, found.certain)
        if not doubtful:
            continue
        open_rules += 1
        answer = None
        if open_rules <= MAX_VERIFIED_RULES:
            answer = await _ask_hub(context, namespace, repository, rule)
        if answer is None:
            found.undecided_rules += 1
            found.possible |= doubtful
        else:
            found.certain |= doubtful & answer
    found.possible -= found.certain
    return found


def _decide_locally(rule: str, names: Sequence[str], certain: set[str]) -> set[str]:
    """Add the names that a rule matches in whole, and return those for which only the Hub can decide."""
    try:
        matcher = TagRule(rule)
    except UnsupportedRuleError:
        return set(names) - certain
    doubtful = set()
    for name in names:
        match matcher.match(name):
            case RuleMatch.WHOLE:
                certain.add(name)
            case RuleMatch.PART:
                doubtful.add(name)
            case RuleMatch.NO:
                pass
    return doubtful - certain


async def _ask_hub(context: ToolContext, namespace: str, repository: str, rule: str) -> set[str] | None:
    """Return the tags that a rule matches according to the Hub; None where it does not tell."""
    try:
        call = VerifyImmutableTags(namespace=namespace, repository=repository, regex=rule)
        return set((await context.hub.send(call)).tags)
    except (HubError, ValueError):  # of a rule that the Hub shows, but that cannot be sent
        return None

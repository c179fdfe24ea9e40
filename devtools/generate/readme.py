"""The generated sections of README.md, and the counts within the sentences of all hand-written documents."""

from __future__ import annotations

from benchmarks.answers import load_answers
from benchmarks.image_questions.costs import load_costs
from benchmarks.image_questions.model import Verdict
from devtools.generate import toolset_tables
from devtools.generate.artifacts import Files
from devtools.generate.counts import replace_counts, round_to
from devtools.generate.markdown import replace_section
from devtools.generate.paths import ROOT
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.catalog.token_cost import sum_token_counts
from dockerhub_mcp.tools.method_tool import MethodTool

README = ROOT / "README.md"
_TEN_TAGS = "Which ten tags of redis are newest?"
_HUNDRED_TAGS = "A page of 100 tags of redis"
_OFFICIAL_REPOSITORY = "What is redis, an official image?"
_NAMES_OF_LATEST = "What is redis:latest really"
PHRASES: dict[str, tuple[str, ...]] = {
    "README.md": (
        "{documented} operations, and {undocumented} more",
        "ten tags cost about {ten_tags_rough} tokens where Docker Hub sends {ten_tags_raw_rough}",
        "{enabled} tools by default, `all` for all {tools}",
        "ten tags of redis take {ten_tags} (Docker Hub sends {ten_tags_raw}), a hundred {hundred_tags}",
        "({hundred_tags_raw}), an official repository {repository} ({repository_raw})",
        "The list of the {enabled} default tools takes {tool_list}.",
        "{tools}, of which {enabled} are on by default",
        "| Ten tags of redis, in tokens | {ten_tags} |",
        "All {documented} operations of the official API reference, and {undocumented} more",
    ),
    "CHANGELOG.md": (
        "All {documented} operations of the official API reference as MCP tools, and {undocumented} more",
    ),
}
"""The sentences with counts of tools, by page; each must be there."""
MEASURED_PHRASES: dict[str, tuple[str, ...]] = {
    "docs/agents.md": (
        "Of {questions} questions, {old_right} can be answered without them, in {old_calls} calls",
        "{old_calls} calls with {old_tokens} tokens; with them {new_right} can,",
        "with them {new_right} can, in {new_calls} calls with {new_tokens} tokens.",
        "The names of `redis:latest` alone took {old_names} tokens and take {new_names}.",
    ),
}
"""The sentences with figures of the questions about tags and images, by page; each must be there."""


def build_files() -> Files:
    """Return the pages with their current tables and counts."""
    counts = collect_counts()
    phrases = PHRASES | MEASURED_PHRASES
    pages = {ROOT / name: (ROOT / name).read_text("utf-8") for name in phrases}
    pages[README] = replace_section(pages[README], "presets", toolset_tables.render_menus(rounded=True))
    pages[README] = replace_section(pages[README], "toolsets", toolset_tables.render_areas())
    return {
        path: replace_counts(text, phrases[path.relative_to(ROOT).as_posix()], counts)
        for path, text in pages.items()
    }


def collect_counts() -> dict[str, int]:
    """Return the counts that sentences mention, by name; those of tokens are rounded to tens."""
    operations = [tool for tool in ALL_TOOLS if isinstance(tool, MethodTool)]
    documented = sum(tool.is_documented for tool in operations)
    registry = Registry()
    answers = {cost.title: cost for cost in load_answers()}
    ten, hundred, repository = (answers[title] for title in (_TEN_TAGS, _HUNDRED_TAGS, _OFFICIAL_REPOSITORY))
    return {
        "tools": len(ALL_TOOLS),
        "documented": documented,
        "undocumented": len(operations) - documented,
        "enabled": len(registry.tools),
        "tool_list": round_to(sum_token_counts(registry)[0], 100),
        "ten_tags": round_to(ten.ours.tokens, 10),
        "ten_tags_rough": round_to(ten.ours.tokens, 100),
        "ten_tags_raw": ten.raw.tokens,
        "ten_tags_raw_rough": round_to(ten.raw.tokens, 100),
        "hundred_tags": round_to(hundred.ours.tokens, 10),
        "hundred_tags_raw": hundred.raw.tokens,
        "repository": round_to(repository.ours.tokens, 10),
        "repository_raw": repository.raw.tokens,
        **_count_image_questions(),
    }


def _count_image_questions() -> dict[str, int]:
    costs = load_costs()
    counts = {"questions": len(costs)}
    names = next(cost for cost in costs if cost.question.startswith(_NAMES_OF_LATEST))
    for way in ("old", "new"):
        ways = [getattr(cost, way) for cost in costs]
        counts |= {
            f"{way}_right": sum(cost.verdict is Verdict.RIGHT for cost in ways),
            f"{way}_calls": sum(cost.calls for cost in ways),
            f"{way}_tokens": sum(cost.tokens for cost in ways),
            f"{way}_names": getattr(names, way).tokens,
        }
    return counts

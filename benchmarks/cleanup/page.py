"""The page with the figures of the benchmark."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.cleanup.killing import KilledRun
from benchmarks.cleanup.ways import SAMPLE, Cost
from devtools.generate.paths import BENCHMARKS
from devtools.generate.tokenizer import count_tokens

PAGE = BENCHMARKS / "cleanup.md"
RESULTS = BENCHMARKS / "cleanup.json"
LIMIT = 600
"""The requests per minute of the limited run, as on Docker Hub."""
OLD, AGENT, LIMITED, PERSON = "a call for each tag", "agent", "agent, limited", "person"
_INTRODUCTION = """\
# Cleaning up 3,000 tags

`python -m benchmarks.cleanup --limited --write --seed 1 2` measures this, in about half an hour.
The repository is `milldale/controller` of the [sandbox](../docs/sandbox.md#tags-to-clean-up), which
runs in a process of its own and counts requests. All tags are deleted that no keep rule keeps:
immutable ones, `latest`, those of the last day, and what these need stay. The agent is the SDK's
client over stdio, which answers the question with yes; the person runs `dockerhub-mcp cleanup
--apply` at a terminal and types `y`.

"""
_NOTES = f"""\

- **{OLD.capitalize()}** is `delete_tag` with a question each, as without clean-up plans: measured
  with {SAMPLE} tags, and multiplied to the number of all. It reads the
  tag, the repository and its immutable tags for the question, and again after the answer. The time
  is without that of reading and answering the questions.
- **Tokens** (o200k_base) are those of arguments, results and questions; the person's are not
  counted, because no model reads them.
- **Limited** is with {LIMIT} requests per minute, as on Docker Hub; the others are without a limit.
  This limit is what dominates the time: a tag takes two requests, and a tenth of the {LIMIT} is
  left to others, so that {LIMIT * 9 // 10 // 2} tags a minute can be deleted. Without the limit, it
  is the sandbox that takes the time: it makes its answers in Python.
- **Peak** is the peak of the resident memory of the server, or of the command.
"""
_KILLED = """\
## A server that is killed

`python -m benchmarks.cleanup --only kill --seed 1` ends the server with SIGKILL at five random
moments, at last while manifests are deleted by digest, and goes on with `apply_tag_cleanup` and the
same plan. What is found is compared with the sandbox: nothing kept is deleted, nothing is asked for
twice, the user is asked once, each deletion has its line in the audit log from before it was sent,
and deletions without an answer are settled by reading. The exit code is 1 if anything is found.
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one way, as they are stored."""

    deleted: int
    calls: int
    questions: int
    seconds: float
    requests: int
    peak_mib: float
    tokens: int

    @classmethod
    def measure(cls, cost: Cost, *, tags: int = 0) -> Figures:
        """Return the figures of a cost, multiplied to a number of tags where it is that of a sample."""
        times = tags / cost.deleted if tags else 1.0
        tokens = sum(count_tokens([*cost.texts, *cost.asked])) if cost.asked else 0
        return cls(
            round(cost.deleted * times),
            round(cost.calls * times),
            round(cost.questions * times),
            round(cost.seconds * times, 1),
            round(cost.requests * times),
            round(cost.peak_mib, 1),
            round(tokens * times),
        )


def render_page(ways: Mapping[str, Figures], killed: Sequence[KilledRun], environment: str) -> str:
    """Return the page.

    Args:
        ways: The figures by the name of the way.
        killed: The runs with servers that were killed.
        environment: When and on what it was measured.
    """
    lines = [f"{_INTRODUCTION}{environment}\n"]
    header = ("", "Tags", "Calls", "Questions", "Requests", "per tag", "Seconds", "Peak MiB", "Tokens")
    lines += [_format_row(header), _format_row(("---", *("---:",) * 8))]
    for name, each in ways.items():
        cells = [f"{each.deleted:,}", f"{each.calls:,}", f"{each.questions:,}", f"{each.requests:,}"]
        cells += [f"{each.requests / each.deleted:.2f}", f"{each.seconds:,.0f}", f"{each.peak_mib:.0f}"]
        lines.append(_format_row((name, *cells, f"{each.tokens:,}" if each.tokens else "")))
    old, new = ways[OLD], ways[AGENT]
    lines.append(
        f"\nAgainst {OLD}, the agent makes {_ratio(old.calls, new.calls)} times fewer calls, the user "
        f"answers\n{_ratio(old.questions, new.questions)} times fewer questions, and the texts take "
        f"{_ratio(old.tokens, new.tokens)} times fewer tokens. There are\n"
        f"{new.requests / old.requests:.2f} times as many requests."
    )
    lines.append(_NOTES)
    if killed:
        lines += _render_killed(killed)
    return "\n".join(lines)


def _render_killed(killed: Sequence[KilledRun]) -> list[str]:
    header = ("Seed", "Tags", "Manifests", "Deleted at each kill", "Without an answer")
    lines = [
        _KILLED,
        _format_row((*header, "Questions", "Seconds", "Found")),
        _format_row((*("---:",) * 7, "---")),
    ]
    for run in killed:
        cells = [str(run.seed), f"{run.tags:,}", f"{run.manifests:,}"]
        cells += [", ".join(f"{each:,}" for each in run.kills), ", ".join(map(str, run.unanswered))]
        cells += [str(run.questions), f"{run.seconds:,.0f}", "; ".join(run.faults) or "nothing"]
        lines.append(_format_row(cells))
    return [*lines, ""]


def load_results() -> tuple[dict[str, Figures], list[KilledRun], str]:
    """Return the stored figures: the ways, the runs with servers that were killed, and the environment."""
    data = json.loads(RESULTS.read_text("utf-8"))
    ways = {name: Figures(**each) for name, each in data["ways"].items()}
    return ways, [KilledRun(**each) for each in data["killed"]], data["environment"]


def build_json(ways: Mapping[str, Figures], killed: Sequence[KilledRun], environment: str) -> dict[str, Any]:
    """Return all figures as data."""
    return {
        "environment": environment,
        "ways": {name: asdict(each) for name, each in ways.items()},
        "killed": [asdict(each) for each in killed],
    }


def _ratio(old: float, new: float) -> str:
    return f"{old / new:,.0f}"


def _format_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"

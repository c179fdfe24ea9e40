"""Token costs of answers to typical questions: the Hub's responses, and this server's results.

Each question is one call. The Hub is the sandbox at a fixed time, so that the figures are always the same;
signing in is not counted. Tokens are those of o200k_base. The goals: a list takes a tenth of what the Hub
sends, a single object a quarter.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx2 as httpx

from devtools.generate.frozen_clock import NOW, get_frozen_datetime
from devtools.generate.paths import BENCHMARKS, COMMAND
from devtools.generate.tokenizer import ENCODING, count_tokens
from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.context import ToolContext

MAX_GROWTH = 0.05
"""The share by which an answer may grow before `--check` fails."""
GOALS = {"list": 10, "object": 4}
TITLES = {"list": "Lists", "object": "Single objects"}
SIZES = ("raw", "ours", "full")
LOGIN_PATH = "/v2/auth/token"
ANSWERS_FILE, ANSWERS_PAGE = BENCHMARKS / "answers.json", BENCHMARKS / "answers.md"
_TABLE_START, _TABLE_END = "<!-- answers -->\n", "<!-- /answers -->\n"
_HASH_LENGTH = 12


class Question(NamedTuple):
    """A question, and the call that answers it."""

    title: str
    kind: str
    tool: str
    arguments: dict[str, Any]


class Answer(NamedTuple):
    """The texts that answer a question: what the Hub sends, our result, and our result with `detail=full`."""

    question: Question
    raw: str
    ours: str
    full: str

    @property
    def text_hash(self) -> str:
        """A short hash of the three texts."""
        return hashlib.sha256("\0".join(self[1:]).encode()).hexdigest()[:_HASH_LENGTH]


class Size(NamedTuple):
    """The size of a text."""

    tokens: int
    bytes: int


class AnswerCost(NamedTuple):
    """The sizes of the texts that answer a question, with the hash of those texts."""

    title: str
    kind: str
    tool: str
    raw: Size
    ours: Size
    full: Size
    full_is_cut: bool = False
    text_hash: str = ""

    @property
    def meets_goal(self) -> bool:
        """Whether our answer is short enough."""
        return self.ours.tokens * GOALS[self.kind] <= self.raw.tokens


class RecordingApp:
    """The sandbox's application, which records what it sends."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._app = sandbox.app
        self.sent = b""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a request."""
        is_counted = scope["path"] != LOGIN_PATH

        async def record(message: Any) -> None:
            self.sent += message.get("body", b"") if is_counted else b""
            await send(message)

        await self._app(scope, receive, record)


def build_questions(sandbox: Sandbox) -> list[Question]:
    """Return the questions; some arguments are ids of the sandbox's sample data."""
    oat = next(
        token for token in sandbox.state.organizations["acme"].access_tokens if token.label == "inventory"
    )
    acme, redis = {"org_name": "acme"}, {"repository": "redis"}
    pin = {"repository": "redis", "name": "8.2", "architecture": "arm64", "page_size": 25}
    return [
        Question("Which ten tags of redis are newest?", "list", "list_tags", {**redis, "page_size": 10}),
        Question("A page of 100 tags of redis", "list", "list_tags", {**redis, "page_size": 100}),
        Question("Which tag of redis 8.2 should I pin on arm64?", "list", "list_tags", pin),
        Question(
            "What is in the namespace bigcorp? (25)", "list", "list_repositories", {"namespace": "bigcorp"}
        ),
        Question("Who publishes redis? (a search)", "list", "search_repositories", {"query": "redis"}),
        Question("Who is in the organization?", "list", "list_org_members", acme),
        Question("Which teams does it have?", "list", "list_org_groups", acme),
        Question("Which of my tokens are never used?", "list", "list_access_tokens", {}),
        Question(
            "Which tokens does the organization have?", "list", "list_org_access_tokens", {"name": "acme"}
        ),
        Question("What happened recently? (25 events)", "list", "list_audit_logs", {"account": "acme"}),
        Question("What is redis:8.2?", "object", "get_tag", {"repository": "redis:8.2"}),
        Question("What is redis, an official image?", "object", "get_repository", redis),
        Question(
            "What is our private storefront?", "object", "get_repository", {"repository": "acme/storefront"}
        ),
        Question(
            "What may this organization token do?",
            "object",
            "get_org_access_token",
            {**acme, "access_token_id": oat.id},
        ),
        Question("What may the organization pull?", "object", "get_org_settings", {"name": "acme"}),
    ]


async def collect_answers() -> list[Answer]:
    """Ask every question, in brief and in full.

    Raises:
        ValueError: A call fails.
    """
    # Bearer tokens must outlive the time between the sandbox's fixed clock and today.
    sandbox = Sandbox(now=lambda: NOW, token_lifetime=1e9)
    recording = RecordingApp(sandbox)
    owner = sandbox.get_identity("owner")
    registry = Registry(toolsets=["all"])
    answers = []
    async with Hub(
        Credentials.from_strings(owner.username, owner.secret),
        base_url="http://localhost",
        httpx_transport=httpx.ASGITransport(app=recording),
    ) as hub:

        async def ask(question: Question, **more: Any) -> str:
            recording.sent = b""
            arguments = question.arguments | more
            context = ToolContext(hub, clock=get_frozen_datetime)
            result = await call_tool(registry, context, question.tool, arguments)
            if result.is_error:
                raise ValueError(result.text)
            return result.text

        for question in build_questions(sandbox):
            ours = await ask(question)
            raw = recording.sent.decode()
            answers.append(Answer(question, raw, ours, await ask(question, detail="full")))
    return answers


def measure_answers(known: Sequence[AnswerCost] = ()) -> list[AnswerCost]:
    """Ask every question and count its tokens, except where the texts are those of a known cost.

    Raises:
        ValueError: A call fails; or a text has changed, and Node or js-tiktoken is missing.
    """
    answers = asyncio.run(collect_answers())
    known_costs = {cost.text_hash: cost for cost in known}
    changed = [answer for answer in answers if answer.text_hash not in known_costs]
    counts = iter(count_tokens([text for answer in changed for text in answer[1:]]))
    counted = {answer.text_hash: _measure_answer(answer, counts) for answer in changed}
    return [(counted | known_costs)[answer.text_hash] for answer in answers]


def _measure_answer(answer: Answer, counts: Iterator[int]) -> AnswerCost:
    raw, ours, full = (Size(next(counts), len(text.encode())) for text in answer[1:])
    title, kind, tool, _ = answer.question
    return AnswerCost(title, kind, tool, raw, ours, full, "\nCUT at " in answer.full, answer.text_hash)


def load_answers() -> list[AnswerCost]:
    """Return the committed costs."""
    return parse_json(ANSWERS_FILE.read_text("utf-8")) if ANSWERS_FILE.exists() else []


def format_json(costs: Sequence[AnswerCost]) -> str:
    """Return the costs as JSON."""
    content = [
        {
            "question": cost.title,
            "kind": cost.kind,
            "tool": cost.tool,
            **{name: getattr(cost, name)._asdict() for name in SIZES},
            "full_is_cut": cost.full_is_cut,
            "hash": cost.text_hash,
        }
        for cost in costs
    ]
    return json.dumps({"encoding": ENCODING, "answers": content}, indent=2, ensure_ascii=False) + "\n"


def parse_json(text: str) -> list[AnswerCost]:
    """Return the costs that `format_json` wrote."""
    return [
        AnswerCost(
            found["question"],
            found["kind"],
            found["tool"],
            raw=Size(**found["raw"]),
            ours=Size(**found["ours"]),
            full=Size(**found["full"]),
            full_is_cut=found["full_is_cut"],
            text_hash=found.get("hash", ""),
        )
        for found in json.loads(text)["answers"]
    ]


def render_table(costs: Sequence[AnswerCost]) -> str:
    """Return the table: lists and single objects, each with a total."""
    lines = [
        "| One call | Docker Hub: tokens (bytes) | This server | Share | `detail=full` | Goal |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for kind, title in TITLES.items():
        group = [cost for cost in costs if cost.kind == kind]
        raw, ours, full = (_sum_sizes(group, name) for name in SIZES)
        total = AnswerCost(f"**{title}**", kind, "", raw, ours, full)
        missed = sum(not cost.meets_goal for cost in group)
        for cost in [*group, total]:
            goal = f"1/{GOALS[kind]} " + ("met" if cost.meets_goal else "missed")
            if cost is total and missed:
                goal += f", {missed} of {len(group)} rows miss it"
            cells = [
                f"{cost.title} `{cost.tool}`" if cost.tool else cost.title,
                _format_size(cost.raw),
                _format_size(cost.ours),
                _format_share(cost.ours, cost.raw),
                _format_size(cost.full),
                goal,
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def render_page(costs: Sequence[AnswerCost]) -> str:
    """Return the page that shows the costs."""
    missed = [cost for cost in costs if not cost.meets_goal]
    rows = "".join(f"- {cost.title} `{cost.tool}`: {_format_share(cost.ours, cost.raw)}\n" for cost in missed)
    verdict = f"These rows miss their goal:\n\n{rows}" if missed else "Every row meets its goal.\n"
    introduction = (__doc__ or "").partition("\n")[2].strip()
    return (
        f"# Token cost of answers\n\nGenerated by `{COMMAND}`; do not edit.\n\n{introduction}\n\n"
        f"{_TABLE_START}{render_table(costs)}{_TABLE_END}\n{verdict}"
    )


def find_growth(costs: Sequence[AnswerCost], known: Sequence[AnswerCost]) -> list[str]:
    """Return our answers that grew by more than `MAX_GROWTH`, or are not known, one line each."""
    before: Mapping[str, Size] = {cost.title: cost.ours for cost in known}
    growth = [
        f"{cost.title}: {name} {old} -> {new}"
        for cost in costs
        if cost.title in before
        for name, old, new in zip(Size._fields, before[cost.title], cost.ours, strict=True)
        if new > old * (1 + MAX_GROWTH)
    ]
    return growth + [f"{cost.title}: not known" for cost in costs if cost.title not in before]


def _sum_sizes(costs: Sequence[AnswerCost], name: str) -> Size:
    sizes = [getattr(cost, name) for cost in costs]
    return Size(sum(size.tokens for size in sizes), sum(size.bytes for size in sizes))


def _format_size(size: Size) -> str:
    return f"{size.tokens:,} ({size.bytes:,})"


def _format_share(ours: Size, raw: Size) -> str:
    return f"1/{raw.tokens / ours.tokens:.1f}"


def main() -> int:
    """Measure and show the costs, and compare them with earlier ones."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.answers", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the costs as JSON")
    parser.add_argument(
        "--check",
        type=Path,
        metavar="FILE",
        help="fail where an answer grew by more than 5 %% since that JSON",
    )
    options = parser.parse_args()
    costs = measure_answers()
    sys.stdout.write(render_table(costs))
    if options.json:
        options.json.write_text(format_json(costs), "utf-8")
    growth = find_growth(costs, parse_json(options.check.read_text("utf-8"))) if options.check else []
    for line in growth:
        sys.stderr.write(f"grew: {line}\n")
    return 1 if growth else 0


if __name__ == "__main__":
    sys.exit(main())

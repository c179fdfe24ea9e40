"""What answers cost: fifteen questions that people ask, as the Hub answers them and as this server does.

Each is one call. The Hub is the embedded one, at a fixed time, so that the figures are the same every time;
what it is asked for signing in does not count. Tokens are those of o200k_base. Goals: a list takes a tenth
of what the Hub sends, a single object a quarter. "Cut" is what `--max-result-bytes` ended; the result says
how to go on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx2 as httpx

from benchmarks.tokens import ENCODING, HERE, count_tokens
from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.context import ToolContext

NOW = 1_760_000_012.5
GROWTH = 0.05
"""The part by which an answer may grow before `--check` fails."""
GOALS = {"list": 10, "object": 4}
TITLES = {"list": "Lists", "object": "Single objects"}
SIZES = ("raw", "ours", "full")
SIGN_IN = "/v2/auth/token"
KEPT_JSON, KEPT = HERE / "answers.json", HERE / "answers.md"
MARKS = "<!-- answers -->\n", "<!-- /answers -->\n"


class Question(NamedTuple):
    """Something that somebody asks, and the call that answers it."""

    words: str
    kind: str
    tool: str
    arguments: dict[str, Any]


class Size(NamedTuple):
    """How long a text is."""

    tokens: int
    bytes: int


class Row(NamedTuple):
    """What a question costs: as the Hub answers, and as we do, in brief and in full."""

    question: str
    kind: str
    tool: str
    raw: Size
    ours: Size
    full: Size
    full_is_cut: bool = False

    @property
    def meets_the_goal(self) -> bool:
        """Whether ours is short enough."""
        return self.ours.tokens * GOALS[self.kind] <= self.raw.tokens


class Recorder:
    """The sandbox, with what it answers written down."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._app = sandbox.app
        self.said = b""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on."""
        counts = scope["path"] != SIGN_IN

        async def record(message: Any) -> None:
            self.said += message.get("body", b"") if counts else b""
            await send(message)

        await self._app(scope, receive, record)


def questions(sandbox: Sandbox) -> list[Question]:
    """Return the questions."""
    oat = next(
        token for token in sandbox.state.organizations["acme"].access_tokens if token.label == "inventory"
    )
    acme, redis = {"org_name": "acme"}, {"repository": "redis"}
    pin = {"repository": "redis", "name": "8.2", "architecture": "arm64", "page_size": 25}
    return [
        Question("Which ten tags of redis are newest?", "list", "list_tags", {**redis, "page_size": 10}),
        Question("A page of 100 tags of redis", "list", "list_tags", {**redis, "page_size": 100}),
        Question("Which tag of redis 8.2 do I pin on arm64?", "list", "list_tags", pin),
        Question(
            "What is in the namespace bigcorp? (25)", "list", "list_repositories", {"namespace": "bigcorp"}
        ),
        Question("Who publishes redis? (a search)", "list", "search_repositories", {"query": "redis"}),
        Question("Who is in the organization?", "list", "list_org_members", acme),
        Question("Which teams has it?", "list", "list_org_groups", acme),
        Question("Which of my tokens are never used?", "list", "list_access_tokens", {}),
        Question("Which tokens has the organization?", "list", "list_org_access_tokens", {"name": "acme"}),
        Question("What happened lately? (25 events)", "list", "list_audit_logs", {"account": "acme"}),
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


async def measure() -> list[Row]:
    """Ask everything."""
    # The bearer outlives the years between the sandbox's time and ours.
    sandbox = Sandbox(now=lambda: NOW, token_lifetime=1e9)
    recorder = Recorder(sandbox)
    whom = sandbox.get_identity("owner")
    registry = Registry(toolsets=["all"])
    texts: list[str] = []
    asked = questions(sandbox)
    async with Hub(
        Credentials.from_strings(whom.username, whom.secret),
        base_url="http://localhost",
        httpx_transport=httpx.ASGITransport(app=recorder),
    ) as hub:

        async def ask(question: Question, **more: Any) -> str:
            recorder.said = b""
            arguments = question.arguments | more
            outcome = await call_tool(registry, ToolContext(hub), question.tool, arguments)
            if outcome.is_error:
                raise SystemExit(outcome.text)
            return outcome.text

        for question in asked:
            ours = await ask(question)
            texts += [recorder.said.decode(), ours, await ask(question, detail="full")]
    sizes = [
        Size(tokens, len(text.encode())) for tokens, text in zip(count_tokens(texts), texts, strict=True)
    ]
    return [
        Row(question.words, question.kind, question.tool, raw, ours, full, "\nCUT at " in text)
        for question, raw, ours, full, text in zip(
            asked, sizes[::3], sizes[1::3], sizes[2::3], texts[2::3], strict=True
        )
    ]


def as_json(rows: Sequence[Row]) -> str:
    """Return the result for machines."""
    found = [
        {
            "question": row.question,
            "kind": row.kind,
            "tool": row.tool,
            **{name: getattr(row, name)._asdict() for name in SIZES},
            "full_is_cut": row.full_is_cut,
        }
        for row in rows
    ]
    return json.dumps({"encoding": ENCODING, "answers": found}, indent=2, ensure_ascii=False) + "\n"


def from_json(text: str) -> list[Row]:
    """Read what `as_json` wrote."""
    rows = []
    for found in json.loads(text)["answers"]:
        raw, ours, full = (Size(**found[name]) for name in SIZES)
        rows.append(
            Row(found["question"], found["kind"], found["tool"], raw, ours, full, found["full_is_cut"])
        )
    return rows


def as_table(rows: Sequence[Row]) -> str:
    """Return the table, lists and single objects apart, each with its total."""
    lines = [
        "| One call | The Hub: tokens (bytes) | This server | of the Hub's | `detail=full` | Goal |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for kind, title in TITLES.items():
        some = [row for row in rows if row.kind == kind]
        raw, ours, full = (_sum(some, name) for name in SIZES)
        total = Row(f"**{title}**", kind, "", raw, ours, full)
        missed = sum(not row.meets_the_goal for row in some)
        for row in [*some, total]:
            goal = f"1/{GOALS[kind]} " + ("met" if row.meets_the_goal else "missed")
            if row is total and missed:
                goal += f", by {missed} of {len(some)} rows missed"
            name = f"{row.question} `{row.tool}`" if row.tool else row.question
            cells = [
                name,
                _shown(row.raw),
                _shown(row.ours),
                _part(row.ours, row.raw),
                _shown(row.full),
                goal,
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def as_markdown(rows: Sequence[Row]) -> str:
    """Return the page that is kept."""
    missed = [row for row in rows if not row.meets_the_goal]
    names = "".join(f"- {row.question} `{row.tool}`: {_part(row.ours, row.raw)}\n" for row in missed)
    said = f"These rows miss their goal:\n\n{names}" if missed else "Every row meets its goal.\n"
    return (
        "# What answers cost\n\n"
        "Written by `python -m benchmarks.answers --write`; do not edit.\n\n"
        f"{(__doc__ or '').partition(chr(10))[2].strip()}\n\n{MARKS[0]}{as_table(rows)}{MARKS[1]}\n{said}"
    )


def grown(rows: Sequence[Row], kept: Sequence[Row]) -> list[str]:
    """Return which of our answers grew too much, a line each."""
    before = {row.question: row.ours for row in kept}
    found = [
        f"{row.question}: {name} {old} -> {new}"
        for row in rows
        if row.question in before
        for name, old, new in zip(Size._fields, before[row.question], row.ours, strict=True)
        if new > old * (1 + GROWTH)
    ]
    return found + [f"{row.question}: not kept" for row in rows if row.question not in before]


def _sum(rows: Sequence[Row], name: str) -> Size:
    sizes = [getattr(row, name) for row in rows]
    return Size(sum(size.tokens for size in sizes), sum(size.bytes for size in sizes))


def _shown(size: Size) -> str:
    return f"{size.tokens:,} ({size.bytes:,})"


def _part(ours: Size, raw: Size) -> str:
    return f"1/{raw.tokens / ours.tokens:.1f}"


def main() -> int:
    """Measure, and show, keep or compare the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.answers", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result for machines as well")
    parser.add_argument("--check", type=Path, metavar="FILE", help="fail where ours grew by more than 5 %%")
    parser.add_argument("--write", action="store_true", help="keep the result in benchmarks/")
    options = parser.parse_args()
    rows = asyncio.run(measure())
    sys.stdout.write(as_table(rows))
    if options.json:
        options.json.write_text(as_json(rows), "utf-8")
    worse = grown(rows, from_json(options.check.read_text("utf-8"))) if options.check else []
    for line in worse:
        sys.stderr.write(f"grew: {line}\n")
    if options.write:
        KEPT_JSON.write_text(as_json(rows), "utf-8")
        KEPT.write_text(as_markdown(rows), "utf-8")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())

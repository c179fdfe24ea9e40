"""Carry out a plan with a server that is killed at random moments, and look at what the sandbox has then."""

from __future__ import annotations

import json
import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio

from benchmarks.cleanup.service import IMAGE, RULES, Service
from benchmarks.cleanup.ways import Agent, connect_agent
from tests.support.audit_logs import read_complete_lines

_POLL_SECONDS = 0.002
_MAX_DELAY = 0.05  # seconds between the deletion that is waited for and the kill


@dataclass(slots=True)
class KilledRun:
    """A clean-up with a server that was killed, and what was found wrong with it.

    Attributes:
        seed: The seed of the moments.
        tags: How many tags the plan deletes.
        manifests: How many manifests without a tag the plan deletes.
        kills: How many deletions the sandbox had answered at each kill.
        unanswered: How many deletions had no outcome in the journal at each kill.
        questions: How many questions were asked in all.
        seconds: How long all calls took together.
        faults: What should not have happened; empty if nothing did.
    """

    seed: int
    tags: int = 0
    manifests: int = 0
    kills: list[int] = field(default_factory=list)
    unanswered: list[int] = field(default_factory=list)
    questions: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


async def clean_with_kills(service: Service, seed: int, kills: int) -> KilledRun:
    """Plan, and apply with a server that is killed, at last while manifests are deleted by digest."""
    run, before = KilledRun(seed), service.read_state()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = ["--access", "admin", "--toolsets", "cleanup", "--results", "both", "--log-level", "error"]
        options += ["--plans-dir", str(folder / "plans"), "--audit-log", str(folder / "audit.jsonl")]
        start = time.perf_counter()
        async with connect_agent(service, *options) as agent:
            plan = await agent.call("plan_tag_cleanup", repository=IMAGE, untagged=True, **RULES)
        run.tags, run.manifests = plan["deletes"], plan["deleted_manifests"]
        for point, delay in _draw_moments(run, kills):
            async with connect_agent(service, *options) as agent:
                await _apply_until(agent, service, plan["plan_id"], point, delay)
                run.questions += len(agent.asked)
            run.kills.append(service.read_counts()["deleted"])
            run.unanswered.append(len(_list_unanswered(folder)))
        async with connect_agent(service, *options) as agent:
            result = await agent.call("apply_tag_cleanup", plan_id=plan["plan_id"])
            run.questions += len(agent.asked)
        run.seconds = time.perf_counter() - start
        [path] = (folder / "plans").glob("*.plan.json")
        planned = json.loads(path.read_bytes())
        run.faults += list(_find_faults(run, before, service.read_state(), planned, result))
        run.faults += list(_find_lost_records(service.read_state(), folder))
    return run


def _draw_moments(run: KilledRun, kills: int) -> Iterator[tuple[int, float]]:
    """Yield how many deletions to wait for before each kill, and for how many seconds after them."""
    source = random.Random(run.seed)  # noqa: S311 - not for cryptography
    points = sorted(source.sample(range(1, run.tags), kills - 1))
    points.append(source.randrange(run.tags + 1, run.tags + run.manifests))
    for point in points:
        yield point, source.uniform(0, _MAX_DELAY)


async def _apply_until(agent: Agent, service: Service, plan_id: str, point: int, delay: float) -> None:
    """Apply a plan, and kill the server a moment after a number of deletions."""
    async with anyio.create_task_group() as tasks:

        async def apply() -> None:
            await agent.call("apply_tag_cleanup", plan_id=plan_id)
            msg = "the clean-up ended before the server was killed"
            raise RuntimeError(msg)

        tasks.start_soon(apply)
        while service.read_counts()["deleted"] < point:  # noqa: ASYNC110 - of another process
            await anyio.sleep(_POLL_SECONDS)
        await anyio.sleep(delay)
        os.kill(agent.pid, signal.SIGKILL)
        tasks.cancel_scope.cancel()


def _find_faults(
    run: KilledRun,
    before: dict[str, Any],
    after: dict[str, Any],
    planned: dict[str, Any],
    result: dict[str, Any],
) -> Iterator[str]:
    """Yield what was deleted without a plan, twice, or not at all, and what the result says wrongly."""
    tags, manifests = ({each[0] for each in planned[kind]} for kind in ("tags", "manifests"))
    gone, left = set(before["tags"]) - set(after["tags"]), tags & set(after["tags"])
    removed = set(before["stored"]) - set(after["stored"])
    if others := gone - tags:
        yield f"tags that no plan names are gone: {sorted(others)[:5]}"
    if others := removed - manifests:
        yield f"manifests that no plan names are gone: {sorted(others)[:5]}"
    if missing := set(after["needed"]) - set(after["stored"]):
        yield f"manifests of kept tags are gone: {sorted(missing)[:5]}"
    if left or manifests - removed:
        yield f"not deleted: {len(left)} tags, {len(manifests - removed)} manifests"
    for name, statuses in after["deletions"].items():
        done = sum(status < 300 or status == 404 for status in statuses)  # noqa: PLR2004
        if done > 1 or (name in tags and len(statuses) > 1):
            yield f"asked to delete {name} {len(statuses)} times: {statuses}"
    if (result["status"], result["deleted"]) != ("done", len(tags) + len(manifests)):
        yield f"the result says {result['status']}, {result['deleted']} of {len(tags) + len(manifests)}"
    if run.questions != 1:
        yield f"{run.questions} questions were asked"


def _find_lost_records(after: dict[str, Any], folder: Path) -> Iterator[str]:
    """Yield what was deleted without a line in the audit log and in the journal, or without an outcome."""
    deleted = {name for name, statuses in after["deletions"].items() if min(statuses) < 300}  # noqa: PLR2004
    lines = read_complete_lines(folder / "audit.jsonl")
    recorded = {_get_name(line["target"]) for line in lines if line["event"] == "intent"}
    if lost := deleted - recorded:
        yield f"deleted without a line in the audit log: {sorted(lost)[:5]}"
    events = [
        each for path in (folder / "plans").glob("*.progress.jsonl") for each in read_complete_lines(path)
    ]
    settled = {each["item"] for each in events if each.get("outcome") == "deleted"}
    if lost := deleted - settled:
        yield f"deleted without an outcome in the journal: {sorted(lost)[:5]}"
    if unanswered := _list_unanswered(folder):
        yield f"in the journal without an outcome: {sorted(unanswered)[:5]}"


def _list_unanswered(folder: Path) -> set[str]:
    """Return what the journal has an intent for, and nothing after it."""
    found: set[str] = set()
    for path in (folder / "plans").glob("*.progress.jsonl"):
        for event in read_complete_lines(path):
            if event["event"] == "intent":
                found.add(event["item"])
            else:
                found.discard(event.get("item", ""))
    return found


def _get_name(target: str) -> str:
    """Return the tag or the digest of an entry such as `acme/app/1.0` or `acme/app@sha256:...`."""
    return target.rpartition("@" if "@" in target else "/")[2]

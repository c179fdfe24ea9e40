"""Questions about tags by digest, age, size and platform."""

from __future__ import annotations

import re

from benchmarks.image_questions.facts import Facts, is_patch_release, parse_release, shorten
from benchmarks.image_questions.model import (
    ANONYMOUS,
    PAGE_SIZE,
    Expected,
    Question,
    call,
    match_pin,
    match_row,
    read_pages,
)
from devtools.generate.frozen_clock import NOW
from dockerhub_mcp.sandbox.timestamps import DAY


def list_questions(facts: Facts) -> list[Question]:
    """Return the questions with their answers."""
    return [*_list_digest_questions(facts), *_list_age_questions(facts), *_list_size_questions(facts)]


def _list_digest_questions(facts: Facts) -> list[Question]:
    redis_tags = len(facts.list_tags("redis"))
    latest = facts.list_names("redis:latest")
    python = next(name for name in facts.list_names("python:latest") if is_patch_release(name))
    running = "6.2.6"
    running_names = facts.list_names(f"redis:{running}")
    running_digest = facts.get_digest(f"redis:{running}")
    arm64 = facts.get_image("postgres:16.9", "arm64").manifest.digest
    return [
        Question(
            "What is redis:latest really, and which other tags are the same image?",
            Expected(
                f"{facts.find_newest('redis')}, {len(latest)} tags",
                texts=tuple(latest),
                patterns=(match_pin(f"redis:{facts.find_newest('redis')}"),),
            ),
            old=[
                call("get_tag", repository="redis:latest", fields=["digest"]),
                *read_pages("redis", redis_tags),
            ],
            new=[call("find_tags", repository="redis", same_as="latest")],
            is_frequent=True,
        ),
        Question(
            "Which Python version is python:latest?",
            Expected(python, texts=(python,), patterns=(match_pin(f"python:{python}"),)),
            old=[
                call("get_tag", repository="python:latest", fields=["digest"]),
                call("list_tags", repository="python", page_size=PAGE_SIZE),
            ],
            new=[call("find_tags", repository="python", same_as="latest", limit=3)],
        ),
        Question(
            f"Production runs redis@sha256:{shorten(running_digest)}... Which tag is that?",
            Expected(running, texts=tuple(running_names)),
            old=read_pages("redis", redis_tags),
            new=[call("find_tags", repository="redis", digest=shorten(running_digest))],
            is_frequent=True,
        ),
        Question(
            "A node on arm64 reports a digest of one platform's image of postgres. Which tag is that?",
            Expected(
                "16.9", texts=("16.9", "16.9-bookworm"), patterns=(match_row("16.9"),), old_texts=(arm64,)
            ),
            old=[
                call("list_tags", repository="postgres", detail="full", page=page, page_size=10)
                for page in range(1, 8)
            ],
            new=[call("find_tags", repository="postgres", digest=arm64)],
        ),
    ]


def _list_age_questions(facts: Facts) -> list[Question]:
    redis_tags = len(facts.list_tags("redis"))
    recent = [tag.name for tag in facts.list_tags("acme/storefront") if tag.pushed_at >= NOW - 7 * DAY]
    older = facts.list_tags("acme/storefront")[len(recent)].name
    moved, alpine = facts.get_push_date("alpine:latest"), facts.find_newest("alpine", "3.")
    unused = facts.list_unused("redis", pushed_days=180, pulled_days=90)
    used = next(
        tag.name
        for tag in reversed(facts.list_tags("redis"))
        if tag.pulled_at is not None and tag.pulled_at > NOW - 80 * DAY
    )
    old_debian = facts.list_unused("debian", pushed_days=365, pulled_days=180)
    return [
        Question(
            "What was pushed to acme/storefront in the last seven days?",
            Expected(
                f"{len(recent)} tags",
                texts=tuple(recent),
                patterns=tuple(map(match_row, recent)),
                excluded=(match_row(older),),
            ),
            old=[call("list_tags", repository="acme/storefront")],
            new=[call("find_tags", repository="acme/storefront", pushed_after="7d")],
        ),
        Question(
            "Did alpine:latest move this week?",
            Expected(
                f"no, pushed {moved}",
                texts=(moved,),
                patterns=(match_row(alpine, moved),),
                old_texts=(facts.get_push_time("alpine:latest"),),
            ),
            old=[call("get_tag", repository="alpine:latest")],
            new=[call("find_tags", repository="alpine", same_as="latest", limit=1)],
        ),
        Question(
            "How many tags of redis are older than half a year and were not pulled for 90 days?",
            Expected(
                f"{len(unused)} tags",
                texts=(str(len(unused)),),
                patterns=(rf"^matches: {len(unused)}$",),
                excluded=(match_row(used),),
                old_texts=tuple(unused),
            ),
            old=read_pages("redis", redis_tags),
            new=[
                call(
                    "find_tags",
                    repository="redis",
                    pushed_before="180d",
                    not_pulled_for="90d",
                    order="oldest",
                    limit=10,
                )
            ],
        ),
        Question(
            "Which tags of debian were neither pushed for a year nor pulled for half a year?",
            Expected(
                ", ".join(old_debian),
                texts=tuple(old_debian),
                patterns=tuple(map(match_row, old_debian)),
                excluded=(match_row("jessie"), match_row("13.1")),
            ),
            old=[call("list_tags", repository="debian", page_size=PAGE_SIZE)],
            new=[call("find_tags", repository="debian", pushed_before="365d", not_pulled_for="180d")],
        ),
    ]


def _list_size_questions(facts: Facts) -> list[Question]:
    python = [tag.name for tag in facts.list_tags("python") if tag.name.startswith("3.13.9")]
    smallest = min(facts.get_size(f"python:{name}", "arm64") for name in python)
    smallest_names = [name for name in python if facts.get_size(f"python:{name}", "arm64") == smallest]
    storefront = max(
        facts.list_tags("acme/storefront"),
        key=lambda tag: facts.get_size(f"acme/storefront:{tag.name}", "amd64"),
    )
    riscv = [
        (numbers, tag.name)
        for tag in facts.list_tags("postgres")
        if (numbers := parse_release(tag.name))
        and any(platform.architecture == "riscv64" for platform in tag.platforms)
    ]
    newest_riscv = max(riscv)[1]
    names = "|".join(map(re.escape, smallest_names))
    return [
        Question(
            "Which python 3.13.9 is smallest on arm64?",
            Expected(
                smallest_names[0],
                texts=tuple(smallest_names),
                patterns=(rf"^pinned: python:({names})@", rf"\n({names}) \|(.*\n)+3\.13\.9 \|"),
            ),
            old=[call("list_tags", repository="python", name="3.13.9", architecture="arm64")],
            new=[
                call(
                    "find_tags",
                    repository="python",
                    matching=["3.13.9*"],
                    architecture="arm64",
                    order="smallest",
                )
            ],
            is_frequent=True,
        ),
        Question(
            "Which tag of acme/storefront is largest on amd64?",
            Expected(storefront.name, texts=(storefront.name,), patterns=(match_row(storefront.name),)),
            old=[call("list_tags", repository="acme/storefront", architecture="amd64", page_size=PAGE_SIZE)],
            new=[
                call(
                    "find_tags", repository="acme/storefront", architecture="amd64", order="largest", limit=1
                )
            ],
        ),
        Question(
            "Which is the newest postgres that runs on riscv64?",
            Expected(
                newest_riscv,
                texts=(newest_riscv,),
                patterns=(match_pin(f"postgres:{newest_riscv}"),),
            ),
            old=[call("list_tags", repository="postgres", architecture="riscv64", page_size=PAGE_SIZE)],
            new=[call("find_tags", repository="postgres", architecture="riscv64", version=">=0", limit=3)],
            identity=ANONYMOUS,
        ),
    ]

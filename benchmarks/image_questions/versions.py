"""Questions about versions: the newest one, maintained series, and families of names."""

from __future__ import annotations

import re
from dataclasses import replace

from benchmarks.image_questions.facts import Facts, is_patch_release, parse_release
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
    return [*_list_version_questions(facts), *_list_family_questions(facts)]


def _list_version_questions(facts: Facts) -> list[Question]:
    redis_tags = len(facts.list_tags("redis"))
    newest_7 = facts.find_newest("redis", "7.")
    series = _find_maintained_series(facts)
    newest_16 = facts.find_newest("postgres", "16.")
    alpine = facts.find_newest("alpine", "3.")
    ubuntu = facts.find_newest("ubuntu")
    agent = "seaglass/agent"
    newest_redis = Question(
        "Which is the newest stable redis below 8 that is not alpine? I want to pin it.",
        Expected(
            newest_7,
            texts=(facts.pin(f"redis:{newest_7}"),),
            old_texts=(newest_7, facts.get_digest(f"redis:{newest_7}")),
        ),
        old=[
            call("list_tags", repository="redis", name="7.", page_size=PAGE_SIZE),
            call("get_tag", repository=f"redis:{newest_7}", fields=["digest"]),
        ],
        new=[call("find_tags", repository="redis", version="<8", excluding=["*alpine*"], limit=1)],
        is_frequent=True,
    )
    return [
        newest_redis,
        replace(
            newest_redis,
            title="The same without an account, for which the Hub shows 1,000 of 2,528 tags.",
            identity=ANONYMOUS,
            is_frequent=False,
        ),
        Question(
            "Which release series of redis are still maintained?",
            Expected(
                ", ".join(series),
                texts=tuple(series.values()),
                patterns=tuple(match_row(name, newest) for name, newest in series.items()),
                excluded=tuple(rf"^{re.escape(name)} \|" for name in ("7.0", "6.0", "5.0")),
            ),
            old=read_pages("redis", redis_tags),
            new=[call("find_tags", repository="redis", group_by="series", pushed_after="90d")],
            is_frequent=True,
        ),
        Question(
            "Is there a newer patch release than postgres:16.2?",
            Expected(newest_16, texts=(newest_16,), patterns=(rf"postgres:{re.escape(newest_16)}@",)),
            old=[call("list_tags", repository="postgres", name="16.", page_size=PAGE_SIZE)],
            new=[call("find_tags", repository="postgres", like="16.2", version=">=16,<17", limit=3)],
        ),
        Question(
            "Which is the newest stable alpine? (Not a snapshot such as 20251016.)",
            Expected(
                alpine,
                texts=(facts.pin(f"alpine:{alpine}"),),
                excluded=(match_row("20251016"),),
                old_texts=(alpine, facts.get_digest(f"alpine:{alpine}")),
            ),
            old=[
                call("list_tags", repository="alpine", page_size=PAGE_SIZE),
                call("get_tag", repository=f"alpine:{alpine}", fields=["digest"]),
            ],
            new=[call("find_tags", repository="alpine", like="3.21.4", limit=1)],
        ),
        Question(
            "Which is the newest ubuntu release, by its calendar version?",
            Expected(
                ubuntu,
                texts=(ubuntu,),
                patterns=(match_pin(f"ubuntu:{ubuntu}"),),
                excluded=(r"^pinned: ubuntu:24\.04@",),
            ),
            old=[call("list_tags", repository="ubuntu", page_size=PAGE_SIZE)],
            new=[call("find_tags", repository="ubuntu", like="24.04", limit=1)],
        ),
        Question(
            "Which is the newest stable version of seaglass/agent? Release candidates do not count.",
            Expected("v1.10.1", texts=("v1.10.1",), patterns=(match_pin("seaglass/agent:v1.10.1"),)),
            old=[call("list_tags", repository=agent, page_size=PAGE_SIZE)],
            new=[call("find_tags", repository=agent, version=">=0", limit=1)],
        ),
        Question(
            "And which is its newest release candidate?",
            Expected(
                "v2.0.0-rc.10",
                texts=("v2.0.0-rc.10",),
                patterns=(match_pin("seaglass/agent:v2.0.0-rc.10"),),
            ),
            old=[call("list_tags", repository=agent, page_size=PAGE_SIZE)],
            new=[call("find_tags", repository=agent, like="v2.0.0-rc.1", limit=1)],
        ),
        Question(
            "Is openjdk:26-jdk a stable release?",
            Expected(
                "no, it is the image of 26-ea", texts=("26-jdk", "26-ea"), patterns=(match_row("26-ea"),)
            ),
            old=[call("list_tags", repository="openjdk", name="26", page_size=PAGE_SIZE)],
            new=[call("find_tags", repository="openjdk", same_as="26-jdk")],
        ),
    ]


def _list_family_questions(facts: Facts) -> list[Question]:
    newest = facts.find_newest("redis", "7.2.")
    flavour = f"{newest}-alpine"
    agent, store = "seaglass/agent", "seaglass/objectstore"
    release = max(tag.name for tag in facts.list_tags(store) if tag.name.startswith("RELEASE."))
    jdk = {
        name: facts.get_push_date(f"eclipse-temurin:{name}")
        for name in ("25-jdk", "21-jdk", "17-jdk", "8-jdk")
    }
    return [
        Question(
            "We run redis:7.2.4-alpine. What is the newest 7.2 of the same kind?",
            Expected(
                flavour,
                texts=(flavour,),
                patterns=(match_pin(f"redis:{flavour}"),),
                excluded=(r"^7\.2\.\d+-alpine3",),
            ),
            old=[call("list_tags", repository="redis", name="7.2", page_size=PAGE_SIZE)],
            new=[call("find_tags", repository="redis", like="7.2.4-alpine", version="~7.2", limit=3)],
        ),
        Question(
            "Which is the newest tag of the LTS line that v1.9.3-lts of seaglass/agent belongs to?",
            Expected(
                "v1.9.4-lts", texts=("v1.9.4-lts",), excluded=(match_row("v1.9.9"), match_row("v1.10.1"))
            ),
            old=[call("list_tags", repository=agent, page_size=PAGE_SIZE)],
            new=[call("find_tags", repository=agent, like="v1.9.3-lts", limit=3)],
        ),
        Question(
            "Which is the newest dated release of seaglass/objectstore?",
            Expected(release, texts=(release,), patterns=(match_pin(f"{store}:{release}"),)),
            old=[call("list_tags", repository=store, page_size=PAGE_SIZE)],
            new=[call("find_tags", repository=store, like="RELEASE.2024-12-18T13-15-44Z", limit=1)],
        ),
        Question(
            "Which Java versions does eclipse-temurin have as a JDK, and when was each pushed?",
            Expected(
                ", ".join(jdk),
                texts=tuple(jdk),
                patterns=tuple(match_row(name, date) for name, date in jdk.items()),
            ),
            old=[call("list_tags", repository="eclipse-temurin", name="jdk", page_size=PAGE_SIZE)],
            new=[call("find_tags", repository="eclipse-temurin", like="21-jdk")],
        ),
    ]


def _find_maintained_series(facts: Facts) -> dict[str, str]:
    """Return the newest release of each series of redis that was pushed within 90 days."""
    series: dict[str, list[tuple[tuple[int, ...], str]]] = {}
    for tag in facts.list_tags("redis"):
        numbers = parse_release(tag.name)
        if numbers and is_patch_release(tag.name) and tag.pushed_at >= NOW - 90 * DAY:
            series.setdefault(f"{numbers[0]}.{numbers[1]}", []).append((numbers, tag.name))
    return {name: max(found)[1] for name, found in series.items()}

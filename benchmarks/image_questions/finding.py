"""Questions about tags: versions, digests, ages and sizes."""

from __future__ import annotations

import re

from benchmarks.image_questions.facts import Facts, parse_release, shorten
from benchmarks.image_questions.model import ANONYMOUS, Call, Expected, Question, call, match_row
from devtools.generate.frozen_clock import NOW
from dockerhub_mcp.sandbox.timestamps import DAY

PAGE_SIZE = 100


def read_pages(repository: str, tags: int) -> list[Call]:
    """Return the calls that read all tags of a repository."""
    pages = range(1, -(-tags // PAGE_SIZE) + 1)
    return [call("list_tags", repository=repository, page=page, page_size=PAGE_SIZE) for page in pages]


def list_questions(facts: Facts) -> list[Question]:
    """Return the questions with their answers."""
    return [
        *_list_version_questions(facts),
        *_list_family_questions(facts),
        *_list_digest_questions(facts),
        *_list_age_questions(facts),
        *_list_size_questions(facts),
    ]


def _list_version_questions(facts: Facts) -> list[Question]:
    redis_tags = len(facts.list_tags("redis"))
    newest_7 = max(
        (numbers, tag.name)
        for tag in facts.list_tags("redis")
        if (numbers := parse_release(tag.name)) and numbers[0] < 8 and len(numbers) == 3
    )[1]
    series = _find_maintained_series(facts)
    newest_16 = facts.find_newest("postgres", "16.")
    alpine = facts.find_newest("alpine", "3.")
    ubuntu = facts.find_newest("ubuntu")
    agent = "seaglass/agent"
    return [
        Question(
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
                patterns=(rf"^pinned: ubuntu:{re.escape(ubuntu)}@",),
                excluded=(r"^pinned: ubuntu:24\.04@",),
            ),
            old=[call("list_tags", repository="ubuntu", page_size=PAGE_SIZE)],
            new=[call("find_tags", repository="ubuntu", like="24.04", limit=1)],
        ),
        Question(
            "Which is the newest stable version of seaglass/agent? Release candidates do not count.",
            Expected("v1.10.1", texts=("v1.10.1",), patterns=(r"^pinned: seaglass/agent:v1\.10\.1@",)),
            old=[call("list_tags", repository=agent, page_size=PAGE_SIZE)],
            new=[call("find_tags", repository=agent, version=">=0", limit=1)],
        ),
        Question(
            "And which is its newest release candidate?",
            Expected(
                "v2.0.0-rc.10",
                texts=("v2.0.0-rc.10",),
                patterns=(r"^pinned: seaglass/agent:v2\.0\.0-rc\.10@",),
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
                patterns=(rf"^pinned: redis:{re.escape(flavour)}@",),
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
            Expected(release, texts=(release,), patterns=(rf"^pinned: {store}:{re.escape(release)}@",)),
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


def _list_digest_questions(facts: Facts) -> list[Question]:
    redis_tags = len(facts.list_tags("redis"))
    latest = facts.list_names("redis:latest")
    python = next(
        name for name in facts.list_names("python:latest") if parse_release(name) and name.count(".") == 2
    )
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
                patterns=(rf"^pinned: redis:{re.escape(facts.find_newest('redis'))}@",),
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
            Expected(python, texts=(python,), patterns=(rf"^pinned: python:{re.escape(python)}@",)),
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
                call("list_tags", repository="postgres", detail="full", page=page, page_size=25)
                for page in (1, 2)
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
            Expected(f"no, pushed {moved}", texts=(moved,), patterns=(match_row(alpine, moved),)),
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
                patterns=(rf"^pinned: postgres:{re.escape(newest_riscv)}@",),
            ),
            old=[call("list_tags", repository="postgres", architecture="riscv64", page_size=PAGE_SIZE)],
            new=[call("find_tags", repository="postgres", architecture="riscv64", version=">=0", limit=3)],
            identity=ANONYMOUS,
        ),
    ]


def _find_maintained_series(facts: Facts) -> dict[str, str]:
    """Return the newest release of each series of redis that was pushed within 90 days."""
    series: dict[str, list[tuple[tuple[int, ...], str]]] = {}
    for tag in facts.list_tags("redis"):
        numbers = parse_release(tag.name)
        if numbers and len(numbers) == 3 and tag.pushed_at >= NOW - 90 * DAY:
            series.setdefault(f"{numbers[0]}.{numbers[1]}", []).append((numbers, tag.name))
    return {name: max(found)[1] for name, found in series.items()}

"""What others publish around a well-known image, as a search finds it."""

from functools import partial
from typing import NamedTuple

from dockerhub_mcp.sandbox.data.deterministic import DAY, derive_fraction, derive_number
from dockerhub_mcp.sandbox.data.official import DATABASES, DEVELOPER_TOOLS
from dockerhub_mcp.sandbox.data.people import derive_account_uuid
from dockerhub_mcp.sandbox.data.readmes import render_published_readme
from dockerhub_mcp.sandbox.data.releases import (
    DESKTOP_PLATFORMS,
    SERVER_PLATFORMS,
    TagTemplate,
    build_named_tags,
)
from dockerhub_mcp.sandbox.state import CONTAINER_CONFIG, HELM_CONFIG, OrganizationRecord, RepositoryRecord

MONITORING = ("Monitoring & observability", "monitoring-and-observability")

# The name, the full name and the badge of a publisher.
PUBLISHERS = (
    ("quayside", "Quayside Software", "verified_publisher"),
    ("lanternworks", "Lantern Works", "verified_publisher"),
    ("openmeasure", "The Open Measure project", "open_source"),
    ("harborlight", "Harborlight", ""),
    ("northfold", "Northfold", ""),
)


class PublishedRepository(NamedTuple):
    """A repository of one of them: days since the last push, stars, pulls."""

    namespace: str
    name: str
    description: str
    category: tuple[str, str]
    age_days: float
    stars: int
    pulls: int


REPOSITORIES = (
    PublishedRepository(
        "quayside", "redis", "Redis, hardened and without root", DATABASES, 3, 312, 2_310_448_019
    ),
    PublishedRepository(
        "quayside", "redis-cluster", "Redis nodes that find each other", DATABASES, 3, 74, 318_220_764
    ),
    PublishedRepository(
        "quayside", "redis-sentinel", "Moves on when a primary fails", DATABASES, 4, 41, 402_118_350
    ),
    PublishedRepository(
        "quayside", "redis-exporter", "Numbers about Redis for Prometheus", MONITORING, 6, 12, 96_540_207
    ),
    PublishedRepository(
        "quayside", "redis-chart", "Helm chart with replicas and Sentinel", DATABASES, 8, 9, 4_120_666
    ),
    PublishedRepository(
        "lanternworks", "redis-insight", "A window on what Redis holds", DEVELOPER_TOOLS, 17, 118, 31_902_555
    ),
    PublishedRepository(
        "lanternworks", "redis-operator", "Keeps Redis up on Kubernetes", DEVELOPER_TOOLS, 26, 23, 12_744_018
    ),
    PublishedRepository(
        "openmeasure", "redis-exporter", "Exports what Redis tells", MONITORING, 40, 92, 548_006_312
    ),
    PublishedRepository(
        "openmeasure", "redis-bench", "Load for Redis, and a report", DEVELOPER_TOOLS, 210, 6, 803_114
    ),
    PublishedRepository(
        "harborlight",
        "redis-commander",
        "Web pages to change Redis with",
        DEVELOPER_TOOLS,
        380,
        87,
        104_338_920,
    ),
    PublishedRepository(
        "harborlight", "redis-backup", "Copies dumps to object storage", DEVELOPER_TOOLS, 95, 4, 1_207_533
    ),
    PublishedRepository(
        "northfold", "redis-proxy", "One address for many servers", DATABASES, 730, 15, 22_415_870
    ),
    PublishedRepository(
        "northfold", "redis-alpine", "As small as we could get it", DATABASES, 1420, 33, 8_650_091
    ),
    PublishedRepository(
        "northfold", "ratelimiter", "Counts requests in Redis", DEVELOPER_TOOLS, 64, 2, 54_310
    ),
)


def build_publishers(now: float) -> list[OrganizationRecord]:
    """The publishers."""
    return [
        OrganizationRecord(
            name,
            derive_account_uuid(name),
            full_name=full_name,
            joined_at=now - (1200 + 2000 * derive_fraction("joined", name)) * DAY,
            badge=badge,
        )
        for name, full_name, badge in PUBLISHERS
    ]


def build_repositories(now: float) -> list[RepositoryRecord]:
    """What they publish."""
    return [_build_repository(entry, now) for entry in REPOSITORIES]


def _build_repository(entry: PublishedRepository, now: float) -> RepositoryRecord:
    namespace, name, age = entry.namespace, entry.name, entry.age_days
    platforms = SERVER_PLATFORMS if namespace == "openmeasure" else DESKTOP_PLATFORMS
    source = TagTemplate(namespace, name, 41_000_000, platforms, updater=f"{namespace}ci")
    builds = ((age, "latest 3.4.1 3.4 3"), (age + 30, "3.4.0"), (age + 90, "3.3.9"))
    is_chart = name.endswith("-chart")
    return RepositoryRecord(
        id=derive_number("repository", namespace, name, below=2**31),
        namespace=namespace,
        name=name,
        description=entry.description,
        registered_at=now - (age + 900 + 600 * derive_fraction("registered", namespace, name)) * DAY,
        updated_at=now - age * DAY,
        star_count=entry.stars,
        pull_count=entry.pulls,
        overview=partial(render_published_readme, namespace, name, entry.description),
        categories=(entry.category,),
        media_types=(HELM_CONFIG if is_chart else CONTAINER_CONFIG,),
        content_types=("helm" if is_chart else "image",),
        storage_size=derive_number("storage", namespace, name, below=3 * 10**10),
        make_tags=partial(build_named_tags, source, builds, now),
    )

"""What others publish around a well-known image, as a search finds it."""

from functools import partial
from typing import NamedTuple

from dockerhub_mcp.sandbox.data.deterministic import DAY, number, share
from dockerhub_mcp.sandbox.data.official import DATABASES, TOOLS
from dockerhub_mcp.sandbox.data.people import account_id
from dockerhub_mcp.sandbox.data.readmes import published_readme
from dockerhub_mcp.sandbox.data.releases import DESKTOPS, SERVERS, Source, named
from dockerhub_mcp.sandbox.state import CONTAINER_CONFIG, HELM_CONFIG, Organization, Repository

WATCHING = ("Monitoring & observability", "monitoring-and-observability")

# The name, the full name and the badge of a publisher.
PUBLISHERS = (
    ("quayside", "Quayside Software", "verified_publisher"),
    ("lanternworks", "Lantern Works", "verified_publisher"),
    ("openmeasure", "The Open Measure project", "open_source"),
    ("harborlight", "Harborlight", ""),
    ("northfold", "Northfold", ""),
)


class Published(NamedTuple):
    """A repository of one of them: days since the last push, stars, pulls."""

    namespace: str
    name: str
    description: str
    category: tuple[str, str]
    age: float
    stars: int
    pulls: int


REPOSITORIES = (
    Published("quayside", "redis", "Redis, hardened and without root", DATABASES, 3, 312, 2_310_448_019),
    Published("quayside", "redis-cluster", "Redis nodes that find each other", DATABASES, 3, 74, 318_220_764),
    Published("quayside", "redis-sentinel", "Moves on when a primary fails", DATABASES, 4, 41, 402_118_350),
    Published(
        "quayside", "redis-exporter", "Numbers about Redis for Prometheus", WATCHING, 6, 12, 96_540_207
    ),
    Published("quayside", "redis-chart", "Helm chart with replicas and Sentinel", DATABASES, 8, 9, 4_120_666),
    Published("lanternworks", "redis-insight", "A window on what Redis holds", TOOLS, 17, 118, 31_902_555),
    Published("lanternworks", "redis-operator", "Keeps Redis up on Kubernetes", TOOLS, 26, 23, 12_744_018),
    Published("openmeasure", "redis-exporter", "Exports what Redis tells", WATCHING, 40, 92, 548_006_312),
    Published("openmeasure", "redis-bench", "Load for Redis, and a report", TOOLS, 210, 6, 803_114),
    Published(
        "harborlight", "redis-commander", "Web pages to change Redis with", TOOLS, 380, 87, 104_338_920
    ),
    Published("harborlight", "redis-backup", "Copies dumps to object storage", TOOLS, 95, 4, 1_207_533),
    Published("northfold", "redis-proxy", "One address for many servers", DATABASES, 730, 15, 22_415_870),
    Published("northfold", "redis-alpine", "As small as we could get it", DATABASES, 1420, 33, 8_650_091),
    Published("northfold", "ratelimiter", "Counts requests in Redis", TOOLS, 64, 2, 54_310),
)


def publishers(now: float) -> list[Organization]:
    """The publishers."""
    return [
        Organization(
            name,
            account_id(name),
            full_name=full_name,
            joined=now - (1200 + 2000 * share("joined", name)) * DAY,
            badge=badge,
        )
        for name, full_name, badge in PUBLISHERS
    ]


def repositories(now: float) -> list[Repository]:
    """What they publish."""
    return [_repository(entry, now) for entry in REPOSITORIES]


def _repository(entry: Published, now: float) -> Repository:
    namespace, name, age = entry.namespace, entry.name, entry.age
    platforms = SERVERS if namespace == "openmeasure" else DESKTOPS
    source = Source(namespace, name, 41_000_000, platforms, updater=f"{namespace}ci")
    builds = ((age, "latest 3.4.1 3.4 3"), (age + 30, "3.4.0"), (age + 90, "3.3.9"))
    is_chart = name.endswith("-chart")
    return Repository(
        id=number("repository", namespace, name, below=2**31),
        namespace=namespace,
        name=name,
        description=entry.description,
        registered=now - (age + 900 + 600 * share("registered", namespace, name)) * DAY,
        updated=now - age * DAY,
        star_count=entry.stars,
        pull_count=entry.pulls,
        overview=partial(published_readme, namespace, name, entry.description),
        categories=(entry.category,),
        media_types=(HELM_CONFIG if is_chart else CONTAINER_CONFIG,),
        content_types=("helm" if is_chart else "image",),
        storage_size=number("storage", namespace, name, below=3 * 10**10),
        make_tags=partial(named, source, builds, now),
    )

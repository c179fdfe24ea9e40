"""The sample data: official images, an organization, a few people, and a namespace to page through."""

from functools import partial

from dockerhub_mcp.sandbox.data import acme, community, people
from dockerhub_mcp.sandbox.data.audit_events import events
from dockerhub_mcp.sandbox.data.deterministic import DAY, HOUR, number, share
from dockerhub_mcp.sandbox.data.images import OFFICIAL_IMAGES, Official, last_push, official_tags
from dockerhub_mcp.sandbox.data.readmes import official_readme
from dockerhub_mcp.sandbox.data.releases import DESKTOPS, Source, named
from dockerhub_mcp.sandbox.state import Organization, Repository, State

BIG_NAMESPACE = "bigcorp"
BIG_NAMESPACE_SIZE = 230
BIG_AREAS = (
    "billing",
    "catalog",
    "checkout",
    "identity",
    "ledger",
    "mailer",
    "metrics",
    "orders",
    "search",
    "stock",
)
BIG_PARTS = ("agent", "api", "cron", "gateway", "importer", "proxy", "ui", "worker")


def sample(now: float) -> State:
    """A new state, with all times before or around `now`."""
    state = State(users=people.users(now), personal_access_tokens=people.personal_access_tokens(now))
    state.organizations["acme"] = acme.organization(now)
    for name, full_name, badge in (
        (BIG_NAMESPACE, "Big Corp", "verified_publisher"),
        ("library", "Docker Official Images", "official"),
    ):
        state.organizations[name] = Organization(
            name, people.account_id(name), full_name=full_name, joined=now - 4000 * DAY, badge=badge
        )
    state.organizations |= {publisher.name: publisher for publisher in community.publishers(now)}
    for image in OFFICIAL_IMAGES:
        state.add(_official(image, now))
    for repository in (*acme.repositories(now), *people.repositories(now), *community.repositories(now)):
        state.add(repository)
    for index in range(BIG_NAMESPACE_SIZE):
        state.add(_big(index, now))
    state.audit_events += events(now)
    return state


def _official(image: Official, now: float) -> Repository:
    return Repository(
        id=number("repository", "library", image.name, below=2**31),
        namespace="library",
        name=image.name,
        description=image.description,
        registered=now - (3900 + 300 * share("registered", image.name)) * DAY,
        updated=last_push(image, now) - share("updated", image.name) * HOUR,
        modified=now - share("modified", image.name) * 600 * DAY,
        star_count=image.stars,
        pull_count=image.pulls * 1_000_000 + number("pulls", image.name, below=50_000_000),
        overview=partial(official_readme, image, now),
        categories=(image.category,),
        storage_size=image.megabytes * 1_000_000 * 40,
        make_tags=partial(official_tags, image, now),
    )


def _big(index: int, now: float) -> Repository:
    area, part = BIG_AREAS[index % len(BIG_AREAS)], BIG_PARTS[index // len(BIG_AREAS) % len(BIG_PARTS)]
    generation = index // (len(BIG_AREAS) * len(BIG_PARTS)) + 1
    name = f"{area}-{part}" if generation == 1 else f"{area}-{part}-v{generation}"
    age = 1 + share("age", name) * 700
    source = Source(BIG_NAMESPACE, name, 60_000_000, DESKTOPS, updater="bigcorp-ci")
    return Repository(
        id=number("repository", BIG_NAMESPACE, name, below=2**31),
        namespace=BIG_NAMESPACE,
        name=name,
        description=f"The {part} of {area}",
        registered=now - (age + 200) * DAY,
        updated=now - age * DAY,
        star_count=number("stars", name, below=12),
        pull_count=number("pulls", name, below=400_000),
        storage_size=number("storage", name, below=10**10),
        make_tags=partial(named, source, ((age, "latest 2.1.0"), (age + 60, "2.0.3")), now),
    )

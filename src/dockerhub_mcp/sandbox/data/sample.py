"""The sample data: official images, an organization, a few people, and a namespace to page through."""

from functools import partial

from dockerhub_mcp.sandbox.data import acme, community, people
from dockerhub_mcp.sandbox.data.audit_events import build_audit_events
from dockerhub_mcp.sandbox.data.deterministic import DAY, HOUR, derive_fraction, derive_number
from dockerhub_mcp.sandbox.data.images import (
    OFFICIAL_IMAGES,
    OfficialImage,
    build_official_tags,
    get_last_push_time,
)
from dockerhub_mcp.sandbox.data.readmes import render_official_readme
from dockerhub_mcp.sandbox.data.releases import DESKTOP_PLATFORMS, TagTemplate, build_named_tags
from dockerhub_mcp.sandbox.state import OrganizationRecord, RepositoryRecord, SandboxState

BIG_NAMESPACE = "bigcorp"
BIG_NAMESPACE_SIZE = 230
BIG_NAMESPACE_AREAS = (
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
BIG_NAMESPACE_COMPONENTS = ("agent", "api", "cron", "gateway", "importer", "proxy", "ui", "worker")


def build_sample_state(now: float) -> SandboxState:
    """A new state, with all times before or around `now`."""
    state = SandboxState(
        users=people.build_users(now), personal_access_tokens=people.build_personal_access_tokens(now)
    )
    state.organizations["acme"] = acme.build_organization(now)
    for name, full_name, badge in (
        (BIG_NAMESPACE, "Big Corp", "verified_publisher"),
        ("library", "Docker Official Images", "official"),
    ):
        state.organizations[name] = OrganizationRecord(
            name,
            people.derive_account_uuid(name),
            full_name=full_name,
            joined_at=now - 4000 * DAY,
            badge=badge,
        )
    state.organizations |= {publisher.name: publisher for publisher in community.build_publishers(now)}
    for image in OFFICIAL_IMAGES:
        state.add_repository(_build_official_repository(image, now))
    for repository in (
        *acme.build_repositories(now),
        *people.build_repositories(now),
        *community.build_repositories(now),
    ):
        state.add_repository(repository)
    for index in range(BIG_NAMESPACE_SIZE):
        state.add_repository(_build_big_namespace_repository(index, now))
    state.audit_events += build_audit_events(now)
    return state


def _build_official_repository(image: OfficialImage, now: float) -> RepositoryRecord:
    return RepositoryRecord(
        id=derive_number("repository", "library", image.name, below=2**31),
        namespace="library",
        name=image.name,
        description=image.description,
        registered_at=now - (3900 + 300 * derive_fraction("registered", image.name)) * DAY,
        updated_at=get_last_push_time(image, now) - derive_fraction("updated", image.name) * HOUR,
        modified_at=now - derive_fraction("modified", image.name) * 600 * DAY,
        star_count=image.stars,
        pull_count=image.pulls_in_millions * 1_000_000 + derive_number("pulls", image.name, below=50_000_000),
        overview=partial(render_official_readme, image, now),
        categories=(image.category,),
        storage_size=image.megabytes * 1_000_000 * 40,
        make_tags=partial(build_official_tags, image, now),
    )


def _build_big_namespace_repository(index: int, now: float) -> RepositoryRecord:
    area, part = (
        BIG_NAMESPACE_AREAS[index % len(BIG_NAMESPACE_AREAS)],
        BIG_NAMESPACE_COMPONENTS[index // len(BIG_NAMESPACE_AREAS) % len(BIG_NAMESPACE_COMPONENTS)],
    )
    generation = index // (len(BIG_NAMESPACE_AREAS) * len(BIG_NAMESPACE_COMPONENTS)) + 1
    name = f"{area}-{part}" if generation == 1 else f"{area}-{part}-v{generation}"
    age = 1 + derive_fraction("age", name) * 700
    source = TagTemplate(BIG_NAMESPACE, name, 60_000_000, DESKTOP_PLATFORMS, updater="bigcorp-ci")
    return RepositoryRecord(
        id=derive_number("repository", BIG_NAMESPACE, name, below=2**31),
        namespace=BIG_NAMESPACE,
        name=name,
        description=f"The {part} of {area}",
        registered_at=now - (age + 200) * DAY,
        updated_at=now - age * DAY,
        star_count=derive_number("stars", name, below=12),
        pull_count=derive_number("pulls", name, below=400_000),
        storage_size=derive_number("storage", name, below=10**10),
        make_tags=partial(build_named_tags, source, ((age, "latest 2.1.0"), (age + 60, "2.0.3")), now),
    )

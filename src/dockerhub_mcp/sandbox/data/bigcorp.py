"""The namespace `bigcorp`: 230 similar repositories to page through."""

from functools import cache, partial
from typing import NamedTuple

from dockerhub_mcp.sandbox.data.deterministic import derive_fraction, derive_number
from dockerhub_mcp.sandbox.data.files import load_records
from dockerhub_mcp.sandbox.data.people import derive_account_uuid
from dockerhub_mcp.sandbox.data.platforms import DESKTOP_PLATFORMS
from dockerhub_mcp.sandbox.data.releases import NamedBuild, TagTemplate, build_named_tags
from dockerhub_mcp.sandbox.state import OrganizationRecord, RepositoryRecord, TagRecord
from dockerhub_mcp.sandbox.timestamps import DAY

NAMESPACE = "bigcorp"
TAG_TEMPLATE = TagTemplate(NAMESPACE, "", 60_000_000, DESKTOP_PLATFORMS, updater="bigcorp-ci")


class ServiceRepository(NamedTuple):
    """The properties of a repository that do not depend on the time."""

    id: int
    name: str
    description: str
    age_days: float
    star_count: int
    pull_count: int
    storage_size: int


def build_organization(now: float) -> OrganizationRecord:
    """Return the organization, without members."""
    return OrganizationRecord(
        NAMESPACE,
        derive_account_uuid(NAMESPACE),
        full_name="Big Corp",
        joined_at=now - 4000 * DAY,
        badge="verified_publisher",
    )


def build_repositories(now: float) -> list[RepositoryRecord]:
    """Return the repositories, one per component of each area of the business."""
    return [_build_repository(service, now) for service in _derive_services()]


@cache
def _derive_services() -> tuple[ServiceRepository, ...]:
    records = load_records("bigcorp")
    areas, components = records["areas"], records["components"]
    services = []
    for index in range(records["repository_count"]):
        generation, place = divmod(index, len(areas) * len(components))
        component, area = components[place // len(areas)], areas[place % len(areas)]
        name = f"{area}-{component}" + (f"-v{generation + 1}" if generation else "")
        service = ServiceRepository(
            id=derive_number("repository", NAMESPACE, name, below=2**31),
            name=name,
            description=f"The {component} of {area}",
            age_days=1 + derive_fraction("age", name) * 700,
            star_count=derive_number("stars", name, below=12),
            pull_count=derive_number("pulls", name, below=400_000),
            storage_size=derive_number("storage", name, below=10**10),
        )
        services.append(service)
    return tuple(services)


def _build_repository(service: ServiceRepository, now: float) -> RepositoryRecord:
    age_days = service.age_days
    return RepositoryRecord(
        id=service.id,
        namespace=NAMESPACE,
        name=service.name,
        description=service.description,
        registered_at=now - (age_days + 200) * DAY,
        updated_at=now - age_days * DAY,
        star_count=service.star_count,
        pull_count=service.pull_count,
        storage_size=service.storage_size,
        make_tags=partial(_build_tags, service, now),
    )


def _build_tags(service: ServiceRepository, now: float) -> list[TagRecord]:
    age_days = service.age_days
    builds = (NamedBuild(age_days, "latest 2.1.0"), NamedBuild(age_days + 60, "2.0.3"))
    return build_named_tags(TAG_TEMPLATE._replace(name=service.name), builds, now)

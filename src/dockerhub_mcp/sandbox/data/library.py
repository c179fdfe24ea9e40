"""The namespace `library` with the Docker Official Images."""

from functools import partial

from dockerhub_mcp.sandbox.data.deterministic import derive_fraction, derive_number
from dockerhub_mcp.sandbox.data.official_images import (
    OfficialImage,
    build_official_tags,
    load_official_images,
)
from dockerhub_mcp.sandbox.data.people import derive_account_uuid
from dockerhub_mcp.sandbox.data.readmes import render_official_readme
from dockerhub_mcp.sandbox.state import OrganizationRecord, RepositoryRecord
from dockerhub_mcp.sandbox.timestamps import DAY, HOUR

NAMESPACE = "library"


def build_organization(now: float) -> OrganizationRecord:
    """Return the organization that publishes the official images."""
    return OrganizationRecord(
        NAMESPACE,
        derive_account_uuid(NAMESPACE),
        full_name="Docker Official Images",
        joined_at=now - 4000 * DAY,
        badge="official",
    )


def build_repositories(now: float) -> list[RepositoryRecord]:
    """Return the repositories of all official images."""
    return [_build_repository(image, now) for image in load_official_images()]


def _build_repository(image: OfficialImage, now: float) -> RepositoryRecord:
    name = image.name
    return RepositoryRecord(
        id=derive_number("repository", NAMESPACE, name, below=2**31),
        namespace=NAMESPACE,
        name=name,
        description=image.description,
        registered_at=now - (3900 + 300 * derive_fraction("registered", name)) * DAY,
        updated_at=image.get_last_push_time(now) - derive_fraction("updated", name) * HOUR,
        modified_at=now - derive_fraction("modified", name) * 600 * DAY,
        star_count=image.star_count,
        pull_count=image.pulls_in_millions * 1_000_000 + derive_number("pulls", name, below=50_000_000),
        overview=partial(render_official_readme, image, now),
        categories=image.categories,
        storage_size=image.megabytes * 1_000_000 * 40,
        make_tags=partial(build_official_tags, image, now),
    )

"""What is true in the sandbox: read from its records and contents, without this server's code."""

from __future__ import annotations

import json
import re
from typing import Any

from devtools.generate.frozen_clock import NOW
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.data.images.content import describe_build
from dockerhub_mcp.sandbox.data.images.image import PlatformImage
from dockerhub_mcp.sandbox.data.images.tag_content import TagContent, build_content
from dockerhub_mcp.sandbox.state import RepositoryRecord, TagRecord
from dockerhub_mcp.sandbox.timestamps import DAY, format_seconds

SHORT_DIGEST = 12
"""The hexadecimal digits of a digest in tables."""
PREDICATE_TYPE = "in-toto.io/predicate-type"
_RELEASE = re.compile(r"\d+(?:\.\d+)+")


def shorten(digest: str) -> str:
    """Return the first hexadecimal digits of a digest."""
    return digest.removeprefix("sha256:")[:SHORT_DIGEST]


def parse_release(name: str) -> tuple[int, ...] | None:
    """Return the numbers of a tag such as 8.2.3; None for a tag of any other form."""
    return tuple(map(int, name.split("."))) if _RELEASE.fullmatch(name) else None


def is_patch_release(name: str) -> bool:
    """Return whether a tag is a release with three numbers."""
    return len(parse_release(name) or ()) == len(("major", "minor", "patch"))


class Facts:
    """The records and contents of a sandbox. Images are named like `redis:8.2` or `acme/cli:v1.4.0`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def get_repository(self, name: str) -> RepositoryRecord:
        """Return a repository."""
        namespace, _, repository = name.rpartition("/")
        return self.sandbox.state.get_repository(namespace or "library", repository)

    def list_tags(self, repository: str) -> list[TagRecord]:
        """Return the tags of a repository, newest first."""
        return sorted(self.get_repository(repository).tags, key=lambda tag: -tag.pushed_at)

    def get_tag(self, image: str) -> TagRecord:
        """Return a tag.

        Raises:
            StopIteration: The tag does not exist.
        """
        repository, _, name = image.partition(":")
        return next(tag for tag in self.get_repository(repository).tags if tag.name == name)

    def get_content(self, image: str) -> TagContent:
        """Return what the registry stores for a tag."""
        return build_content(
            describe_build(self.get_repository(image.partition(":")[0]), self.get_tag(image))
        )

    def get_digest(self, image: str) -> str:
        """Return the digest that a tag points at."""
        return self.get_content(image).digest

    def pin(self, image: str) -> str:
        """Return the reference with the digest."""
        return f"{image}@{self.get_digest(image)}"

    def get_image(self, image: str, architecture: str = "amd64", variant: str | None = None) -> PlatformImage:
        """Return the image of a platform."""
        return next(
            each
            for each, _ in self.get_content(image).images
            if each.platform.architecture == architecture
            and (variant is None or each.platform.variant == variant)
        )

    def get_config(self, image: str) -> dict[str, Any]:
        """Return the configuration of the image for amd64."""
        config: dict[str, Any] = json.loads(self.get_image(image).config.data)["config"]
        return config

    def get_layers(self, image: str) -> dict[str, int]:
        """Return the sizes of the layers of the image for amd64, by digest."""
        return {layer.digest: layer.size for layer in self.get_image(image).layers if layer.digest}

    def get_size(self, image: str, architecture: str) -> int:
        """Return the size of the image of an architecture in bytes."""
        return sum(layer.size for layer in self.get_image(image, architecture).layers)

    def get_predicate(self, image: str, predicate_type: str) -> dict[str, Any]:
        """Return a predicate of the attestation of the image for amd64, by the beginning of its type.

        Raises:
            StopIteration: There is none.
        """
        content = self.get_content(image)
        attestation = next(
            each for found, each in content.images if each and found.platform.architecture == "amd64"
        )
        statements = [json.loads(blob.data) for blob in attestation.blobs]
        found = next(each for each in statements if each.get("predicateType", "").startswith(predicate_type))
        predicate: dict[str, Any] = found["predicate"]
        return predicate

    def get_packages(self, image: str) -> dict[str, str]:
        """Return the versions of the packages of an image by their names and types."""
        packages = self.get_predicate(image, "https://spdx.dev/Document")["packages"]
        locators = [
            each["externalRefs"][0]["referenceLocator"] for each in packages if "externalRefs" in each
        ]
        return {
            locator.partition("@")[0].removeprefix("pkg:"): locator.partition("@")[2].partition("?")[0]
            for locator in locators
        }

    def find_newest(self, repository: str, beginning: str = "") -> str:
        """Return the greatest release, such as 8.2.3, whose name begins with a text."""
        releases = {
            numbers: tag.name
            for tag in self.list_tags(repository)
            if tag.name.startswith(beginning) and (numbers := parse_release(tag.name))
        }
        return releases[max(releases)]

    def list_names(self, image: str) -> list[str]:
        """Return the tags with the same digest as a tag."""
        repository, build_key = self.get_repository(image.partition(":")[0]), self.get_tag(image).build_key
        return [tag.name for tag in repository.tags if tag.build_key == build_key]

    def get_push_time(self, image: str) -> str:
        """Return the time of the last push, to the second."""
        return format_seconds(self.get_tag(image).pushed_at)

    def get_push_date(self, image: str) -> str:
        """Return the date of the last push."""
        return self.get_push_time(image)[:10]

    def list_unused(self, repository: str, *, pushed_days: int, pulled_days: int) -> list[str]:
        """Return the tags that were neither pushed nor pulled for so many days."""
        return [
            tag.name
            for tag in self.list_tags(repository)
            if tag.pushed_at < NOW - pushed_days * DAY
            and (tag.pulled_at is None or tag.pulled_at < NOW - pulled_days * DAY)
        ]

"""The result of inspecting an image."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, PrivateAttr

from dockerhub_mcp.hub.models import Display, HubModel, Image, Shown
from dockerhub_mcp.hub.models.timestamp import Timestamp
from dockerhub_mcp.tools.image_content.kinds import CONTAINER_IMAGE
from dockerhub_mcp.tools.images.pulls import PullReport


class LayerStep(HubModel):
    """A layer and the command that made it; `size` is compressed, in bytes."""

    summary_fields: ClassVar[tuple[str, ...]] = ("size", "command", "media_type")

    size: Annotated[int | None, Display.SIZE] = None
    command: str | None = None
    media_type: str | None = Field(default=None, description="Of an artifact that is no image.")


class ImageInspection(HubModel):
    """What an image is, as far as it was read."""

    summary_fields: ClassVar[tuple[str, ...]] = (
        "pinned", "kind", "repository_status", "is_private", "pushed", "platform", "size", "created", "user",
        "entrypoint", "command", "working_dir", "ports", "volumes", "stop_signal", "healthcheck",
        "environment", "base_image", "built_from", "build_tools", "source", "revision", "builder",
        "build_arguments", "attestations", "signatures", "packages", "pulls", "platforms", "labels", "layers",
    )  # fmt: skip
    untrusted_fields: ClassVar[tuple[str, ...]] = (
        "user", "entrypoint", "command", "working_dir", "ports", "volumes", "stop_signal", "healthcheck",
        "environment", "labels", "layers", "base_image", "built_from", "build_tools", "source", "revision",
        "builder", "build_arguments", "attestations", "signatures", "packages",
    )  # fmt: skip
    implied_values: ClassVar[dict[str, Any]] = {
        "kind": CONTAINER_IMAGE,
        "repository_status": "active",
        "is_private": False,
    }

    pinned: str | None = Field(default=None, description="The reference with its digest.")
    kind: str | None = Field(default=None, description="Such as Helm chart, where it is no container image.")
    repository_status: str | None = Field(default=None, description="Such as archived.")
    is_private: bool | None = None
    pushed: Timestamp = None
    platform: str | None = Field(default=None, description="The platform that the fields describe.")
    size: Annotated[int | None, Display.SIZE] = Field(default=None, description="Compressed, in bytes.")
    created: Timestamp = None
    user: str | None = None
    entrypoint: list[str] | None = None
    command: list[str] | None = None
    working_dir: str | None = None
    ports: list[str] | None = None
    volumes: list[str] | None = None
    stop_signal: str | None = None
    healthcheck: list[str] | None = None
    environment: list[str] | None = Field(
        default=None, description="NAME=value; the value only of well-known harmless variables."
    )
    base_image: str | None = Field(default=None, description="As annotations or labels claim.")
    built_from: list[str] | None = Field(
        default=None, description="Images that the build used, as the provenance claims."
    )
    build_tools: list[str] | None = None
    source: str | None = None
    revision: str | None = Field(default=None, description="The commit of the source.")
    builder: str | None = None
    build_arguments: list[str] | None = Field(default=None, description="Names only.")
    attestations: list[str] | None = Field(default=None, description="Claimed, not verified.")
    signatures: list[str] | None = Field(default=None, description="Present, not verified.")
    packages: dict[str, int] | None = Field(default=None, description="Packages in the SBOMs, by type.")
    pulls: PullReport | None = None
    platforms: list[Image] | None = None
    labels: dict[str, str] | None = None
    layers: list[LayerStep] | None = None

    _is_brief: bool = PrivateAttr(default=False)

    def shorten_platforms(self) -> None:
        """Let texts name the platforms on one line, without their digests and sizes."""
        self._is_brief = True

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Let texts show labels as rows, and the only platform as a line."""
        if not shown.is_text:
            return
        if labels := values.get("labels"):
            values["labels"] = [[name, value] for name, value in labels.items()]
        platforms = values.get("platforms") or []
        if len(platforms) == 1 and (self.pinned or "").endswith(f"@{platforms[0].digest}"):
            del values["platforms"]
        elif self._is_brief and platforms:
            values["platforms"] = [image.platform for image in platforms]
        elif platforms:
            values.pop("size", None)
            if len(platforms) == 1:
                values.pop("platform", None)

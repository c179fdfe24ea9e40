"""Inspect an image: its platforms, configuration, layers, provenance and signatures."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.methods import GetRepository, GetTag
from dockerhub_mcp.tools.image_content.platforms import PlatformArgument
from dockerhub_mcp.tools.image_content.results.inspection import ImageInspection
from dockerhub_mcp.tools.images.image_argument import ImageArgument
from dockerhub_mcp.tools.workflows.base import Workflow

Part = Literal["config", "labels", "layers", "provenance", "sbom", "signatures"]


class InspectImage(Workflow):
    """Look into an image: user, command, ports, labels, base image, source, attestations, platforms.

    Uses up to 4 pulls, 1 with include=config; get_tag has digests and sizes without any.
    """

    title = "Inspect image"
    methods = (GetTag, GetRepository)
    optional_methods = methods
    result_type = ImageInspection
    area = Area.IMAGES
    is_enabled_by_default = True

    image: Annotated[ImageArgument, Field(description="Such as redis:8.2.", examples=["redis:8.2"])]
    platform: PlatformArgument = None
    include: Annotated[
        list[Part] | None,
        Field(
            description="Default: config, labels, provenance, signatures. "
            "sbom counts packages, layers lists commands.",
            examples=[["config", "layers"]],
        ),
    ] = None

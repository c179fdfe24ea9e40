"""Compare two images: digest, version, layers, sizes, configuration, platforms and packages."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.methods import GetRepository, GetTag
from dockerhub_mcp.tools.image_content.platforms import PlatformArgument
from dockerhub_mcp.tools.image_content.results.comparison import ImageComparison
from dockerhub_mcp.tools.images.image_argument import ImageArgument
from dockerhub_mcp.tools.workflows.base import Workflow


class CompareImages(Workflow):
    """Compare two images: version, shared and added layers, sizes, configuration, platforms, packages.

    Uses up to 6 pulls, none for the same digest.
    """

    title = "Compare images"
    methods = (GetTag, GetRepository)
    optional_methods = methods
    result_type = ImageComparison
    area = Area.IMAGES
    is_enabled_by_default = True

    image: Annotated[
        ImageArgument, Field(description="The first, such as redis:8.2.1.", examples=["redis:8.2.1"])
    ]
    with_image: Annotated[ImageArgument, Field(description="The second.", examples=["redis:8.2.3"])]
    platform: PlatformArgument = None

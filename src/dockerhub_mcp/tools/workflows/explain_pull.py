"""Explain why a pull of an image may fail."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.methods import (
    CheckRepository,
    GetRepository,
    GetTag,
    ListOrganizations,
    ListRepositories,
    ListTags,
    SearchRepositories,
)
from dockerhub_mcp.tools.image_content.platforms import parse_platform
from dockerhub_mcp.tools.pull_report.result import PullExplanation
from dockerhub_mcp.tools.workflows.base import Workflow


class ExplainPull(Workflow):
    """Tell why docker pull of an image may fail: name, access, tag, platform, format, limits.

    Uses no pulls.
    """

    title = "Explain a failed pull"
    methods = (
        GetRepository,
        GetTag,
        ListTags,
        ListRepositories,
        CheckRepository,
        SearchRepositories,
        ListOrganizations,
    )
    optional_methods = methods
    result_type = PullExplanation
    area = Area.IMAGES
    is_enabled_by_default = True
    is_cached = False
    reports_account = True

    image: Annotated[
        str, Field(min_length=1, max_length=512, description="As you pull it.", examples=["acme/app:1.4"])
    ]
    platform: Annotated[
        str | None,
        Field(max_length=64, description="Platform of the machine.", examples=["linux/arm64"]),
    ] = None

    @field_validator("platform")
    @classmethod
    def _check_platform(cls, platform: str | None) -> str | None:
        if platform:
            parse_platform(platform)
        return platform

"""Summarize the repositories of a namespace."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.api.marks import ORGANIZATION
from dockerhub_mcp.hub.api.types import LowerCase, NonEmptyString
from dockerhub_mcp.hub.methods import ListRepositories
from dockerhub_mcp.tools.reviews.repository_models import RepositoriesSummary
from dockerhub_mcp.tools.workflows.base import Workflow


class SummarizeRepositories(Workflow):
    """Summarize a namespace: totals, the largest, undescribed, archived and long unchanged repositories."""

    title = "Summarize repositories"
    methods = (ListRepositories,)
    result_type = RepositoriesSummary
    area = Area.REVIEWS
    is_enabled_by_default = False

    namespace: Annotated[
        str,
        NonEmptyString,
        LowerCase,
        ORGANIZATION,
        Field(description="User or organization.", examples=["acme"]),
    ]
    largest: Annotated[int, Field(ge=1, le=100, description="How many of the largest.", examples=[10])] = 10

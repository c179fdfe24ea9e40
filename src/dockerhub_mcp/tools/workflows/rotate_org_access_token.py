"""Rotate an access token of an organization."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.api.types import NonEmptyString, OrgName, UtcDatetime
from dockerhub_mcp.hub.methods import (
    CreateOrgAccessToken,
    DeleteOrgAccessToken,
    GetOrgAccessToken,
    ListOrgAccessTokens,
    UpdateOrgAccessToken,
)
from dockerhub_mcp.hub.models import OrgAccessTokenDetail
from dockerhub_mcp.tools.workflows.base import Workflow


class RotateOrgAccessToken(Workflow):
    """Replace an access token of an organization, in two calls with a confirmation each.

    The first creates a successor with the same rights and returns its value; the old token stays active. Once
    the new value is in use, call again with successor: the old token is deactivated, or deleted.
    """

    title = "Rotate an organization access token"
    methods = (
        CreateOrgAccessToken,
        UpdateOrgAccessToken,
        DeleteOrgAccessToken,
        ListOrgAccessTokens,
        GetOrgAccessToken,
    )
    result_type = OrgAccessTokenDetail
    area = Area.REVIEWS
    secret_field = "token"
    gives = "a token with the rights of an existing one, to everyone with its value"
    takes = "with successor, access from the users of the old token"

    org_name: OrgName
    token: Annotated[
        str, NonEmptyString, Field(description="Id or label of the token to replace.", examples=["deploy"])
    ]
    successor: Annotated[
        str | None,
        NonEmptyString,
        Field(
            description="Id or label of the new token, in the second call.", examples=["deploy 2026-11-29"]
        ),
    ] = None
    old_token: Annotated[
        Literal["deactivate", "delete"],
        Field(description="What the second call does with the old token.", examples=["deactivate"]),
    ] = "deactivate"
    label: Annotated[
        str | None,
        NonEmptyString,
        Field(description="Name of the new token; by default with today's date.", examples=["deploy 2"]),
    ] = None
    expires_at: Annotated[
        UtcDatetime | None, Field(description="Expiry of the new token; by default after the same time.")
    ] = None
    dry_run: Annotated[
        bool, Field(description="Only show the request that would be sent.", examples=[True])
    ] = False

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.successor is not None and (self.label is not None or self.expires_at is not None):
            msg = "label and expires_at are for the first call, which creates the successor; leave them out"
            raise ValueError(msg)
        return self

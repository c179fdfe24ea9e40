"""SCIM: creating, changing and deactivating users.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/scim.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from dockerhub_mcp.hub.api.impact import Impact, StateReader
from dockerhub_mcp.hub.api.method import POST, PUT, Effect, Method
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.api.types import NonEmptyString
from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.methods.scim import USER_SCHEMA_URN, ScimGetUser, ScimListUsers, ScimMethod, UserId
from dockerhub_mcp.hub.models import ScimName, ScimUser
from dockerhub_mcp.hub.quoting import quote_name

_EMAIL_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")

UserName = Annotated[
    str, NonEmptyString, Field(description="E-mail address of the user.", examples=["bo@example.com"])
]
GivenName = Annotated[str | None, Field(description="Given name.", examples=["Bo"])]
FamilyName = Annotated[str | None, Field(description="Family name.", examples=["Lind"])]


class ScimUserMutation(ScimMethod, Mutation):
    """A mutation of a user."""

    def build_body(self) -> dict[str, Any]:
        """Return the user as a SCIM resource (RFC 7643)."""
        body: dict[str, Any] = {"schemas": [USER_SCHEMA_URN], "userName": getattr(self, "user_name", None)}
        names = {
            "givenName": getattr(self, "given_name", None),
            "familyName": getattr(self, "family_name", None),
        }
        if given := {name: value for name, value in names.items() if value is not None}:
            body["name"] = given
        return body


class ScimCreateUser(ScimUserMutation, Method[ScimUser]):
    """Create a user that the identity provider manages. Needs a SCIM token."""

    http = POST("/v2/scim/2.0/Users")
    effect = Effect.CREATE
    title = "Create a SCIM user"
    outcome_tool = "scim_list_users"
    gives = "a person membership in the organization of the SCIM token"

    user_name: Annotated[UserName, Field(alias="userName")]
    given_name: GivenName = None
    family_name: FamilyName = None

    async def examine(self, read: StateReader, current: Any) -> None:  # noqa: ARG002
        """Check the new address.

        Raises:
            InvalidRequest: The Hub would refuse it.
        """
        await _check_user_name(read, self.user_name)

    def assess(self, current: Any, facts: Any) -> Impact:  # noqa: ARG002
        """Describe the new user."""
        text = (
            f"You create the SCIM user {quote_name(self.user_name)}: they become a member of the organization"
        )
        return Impact(f"{text} that the SCIM token belongs to.", gives=True)


class ScimUpdateUser(ScimUserMutation, Method[ScimUser]):
    """Change, deactivate or reactivate a user; what you leave out stays as it is. Needs a SCIM token."""

    http = PUT("/v2/scim/2.0/Users/{id}")
    effect = Effect.REPLACE
    title = "Update a SCIM user"
    outcome_tool = "scim_get_user"
    requires_current = True
    gives = "membership again, by reactivating a user, or the user's access to another e-mail address"
    takes = "access, by deactivating a user, or by another e-mail address"
    unasked = "a new given or family name: these are texts"

    id: UserId
    user_name: Annotated[
        UserName | None, Field(alias="userName", description="E-mail address.", examples=["bo@example.com"])
    ] = None
    given_name: GivenName = None
    family_name: FamilyName = None
    active: Annotated[
        bool | None, Field(description="False deactivates the user and ends their access.", examples=[True])
    ] = None

    def current_state_call(self) -> ScimGetUser:
        """Return the call that reads the user."""
        return ScimGetUser(id=self.id)

    def merge_current(self, current: ScimUser) -> Self:
        """Fill in omitted fields; the Hub deactivates a user without `active`."""
        name = current.name
        kept = {
            "user_name": current.userName,
            "active": current.active,
            "given_name": name.givenName if name else None,
            "family_name": name.familyName if name else None,
        }
        return self.model_copy(update={k: v for k, v in kept.items() if getattr(self, k) is None})

    async def examine(self, read: StateReader, current: ScimUser) -> None:
        """Check a new address.

        Raises:
            InvalidRequest: The Hub would refuse it.
        """
        if self.user_name and self.user_name.lower() != (current.userName or "").lower():
            await _check_user_name(read, self.user_name)

    def assess(self, current: ScimUser, facts: Any) -> Impact:  # noqa: ARG002
        """Describe which user changes, and whether access ends or begins."""
        name, old_name = current.name or ScimName(), quote_name(current.userName or "?")
        values = {
            "userName": (current.userName, self.user_name),
            "givenName": (name.givenName, self.given_name),
            "familyName": (name.familyName, self.family_name),
            "active": (current.active, self.active),
        }
        changes = [
            f"{key} {_format_value(before)} becomes {_format_value(after)}"
            for key, (before, after) in values.items()
            if after is not None and before != after
        ]
        is_moved = any(change.startswith("userName") for change in changes)
        is_enabled, is_disabled = (
            self.active is state and current.active is not state for state in (True, False)
        )
        text = (
            f"The SCIM user {old_name} ({quote_name(self.id)}): {'; '.join(changes) or 'no field changes'}."
        )
        if is_enabled:
            text += " They become a member of the organization again."
        if is_disabled:
            text += " They lose access to the organization."
        if is_moved:
            text += " Whoever has the new address signs in as this user."
        return Impact(
            text,
            gives=is_enabled or is_moved,
            takes=is_disabled or is_moved,
            is_change=bool(changes),
        )

    def build_body(self) -> dict[str, Any]:
        """Return the user with `active`, without which the Hub would deactivate the user."""
        self.require_all("user_name", "active")
        return super().build_body() | {"active": self.active}

    @model_validator(mode="after")
    def _require_changes(self) -> Self:
        self.require_any("user_name", "given_name", "family_name", "active")
        return self


async def _check_user_name(read: StateReader, user_name: str) -> None:
    """Check that a user name is an e-mail address that no user has.

    Raises:
        InvalidRequest: It is not, or a user has it.
    """
    if not _EMAIL_ADDRESS.fullmatch(user_name):
        what = f"{quote_name(user_name)} is no e-mail address, which userName must be; nothing was sent."
        raise InvalidRequest(what, remedy="Give an e-mail address.")
    users = await read(ScimListUsers(filter=f"userName eq {json.dumps(user_name)}"))
    if users is not None and any(
        (each.userName or "").lower() == user_name.lower() for each in users.Resources
    ):
        what = f"There is a SCIM user {quote_name(user_name)} already; nothing was sent."
        raise InvalidRequest(what, remedy="Change that user with scim_update_user.")


def _format_value(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    return str(value).lower() if isinstance(value, bool) else quote_name(value)

"""Map the refusals of a deletion by the registry to exceptions with a reason and a remedy."""

from __future__ import annotations

import re

from dockerhub_mcp.hub.auth.account import Login
from dockerhub_mcp.hub.errors import BadRequest, Forbidden, Refused
from dockerhub_mcp.registry.errors import ManifestReferenced, mark_as_registry
from dockerhub_mcp.registry.request import RegistryRequest

_STILL_REFERENCED = re.compile(r"referenced by|still be referenced", re.IGNORECASE)
_RIGHTS_REMEDY = "Use an account with admin permission there, and a token with read, write and delete."


def not_granted_error(request: RegistryRequest, host: str, login: Login) -> Forbidden:
    """Return the error of a deletion that was not sent, because the token does not allow it."""
    what = f"{host} does not let {login.principal} delete {request.subject} of {request.repository}; "
    what += "nothing was sent."
    why = "The token service grants this account no right to delete there."
    return mark_as_registry(Forbidden(what, status=403, why=why, remedy=_RIGHTS_REMEDY))


def find_deletion_error(
    request: RegistryRequest, status: int, host: str, login: Login, message: str
) -> Refused | None:
    """Return the error of a refused deletion; None where the status says nothing about a deletion.

    Args:
        request: The request that was sent.
        status: The status of the answer.
        host: The host of the registry.
        login: The account that the request was made as.
        message: The message of the registry.
    """
    if status == 403 and _STILL_REFERENCED.search(message):  # noqa: PLR2004
        what = f"{host} keeps {request.subject} of {request.repository}: it is still referenced."
        remedy = "Delete the tags and indexes that refer to it first."
        return mark_as_registry(ManifestReferenced(what, status=status, remedy=remedy, hub_message=message))
    if status in {401, 403}:
        what = f"{host} does not let {login.principal} delete {request.subject} of {request.repository}."
        why = "The account or its token does not allow it."
        error = Forbidden(what, status=status, why=why, remedy=_RIGHTS_REMEDY, hub_message=message)
        return mark_as_registry(error)
    if status == 405:  # noqa: PLR2004
        what = f"{host} does not delete {request.subject} of {request.repository} ({status})."
        why = "It takes digests only, or offers no deletion."
        return mark_as_registry(BadRequest(what, status=status, why=why, hub_message=message))
    return None

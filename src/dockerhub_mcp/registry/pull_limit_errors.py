"""The errors of pulls that the limit does not allow."""

from __future__ import annotations

from dockerhub_mcp.hub.auth.account import Login
from dockerhub_mcp.hub.errors import NotFound
from dockerhub_mcp.registry.errors import PullLimitReached, PullReserveReached, mark_as_registry
from dockerhub_mcp.registry.models import PullLimit


def pull_limit_error(limit: PullLimit | None, login: Login, retry_after: float | None) -> PullLimitReached:
    """Return the error of a pull that the registry refused because the limit is reached.

    Args:
        limit: The limit, where the registry reported it.
        login: The account.
        retry_after: Seconds to wait, where the registry names them.
    """
    stated = "" if limit is None else f" of {limit.limit:,} pulls in {limit.window}"
    what = f"The pull limit{stated} is reached for {login.principal}."
    remedy = f"{_advise(login)} Tags and digests can still be read."
    error = PullLimitReached(what, why=_explain(login), remedy=remedy, retry_after=retry_after)
    error.limit = limit
    return error


def reserve_error(limit: PullLimit, login: Login) -> PullReserveReached:
    """Return the error of a pull that was not made because it would use the last tenth of the limit."""
    what = (
        f"The image was not downloaded: {limit.describe()} are left for "
        f"{login.principal}, and this server leaves the last tenth to other programs."
    )
    remedy = f"{_advise(login)} Tags and digests can still be read."
    return PullReserveReached(what, why=_explain(login), remedy=remedy)


def limit_preview_error(host: str, error: NotFound) -> NotFound:
    """Return the error of a registry that has no repository for reading the pull limit, as Docker's has."""
    what = f"{host} does not report the pull limit: it has no repository that reports it without a pull."
    remedy = "A call that reads an image, such as inspect_image, reports the limit."
    return mark_as_registry(NotFound(what, status=error.status, remedy=remedy))


def _explain(login: Login) -> str:
    """Return which pulls count towards the limit of an account."""
    if login.is_anonymous:
        return "Without an account, the pulls of everyone behind the same address are counted together."
    return "The pulls of every program with this account are counted together."


def _advise(login: Login) -> str:
    if login.is_anonymous:
        raising = "or sign in with an account, which may pull more."
    else:
        raising = "or use a plan without a pull limit."
    return f"Wait until the window has passed, {raising}"

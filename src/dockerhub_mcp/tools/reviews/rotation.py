"""The rotation of an organization's access token: create a successor, then retire the old token.

These are two calls. The value of the successor is only in the result of the first one, and has to be in use
before the old token may stop working.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import ValidationError

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.methods import (
    CreateOrgAccessToken,
    DeleteOrgAccessToken,
    GetOrgAccessToken,
    ListOrgAccessTokens,
    UpdateOrgAccessToken,
)
from dockerhub_mcp.hub.methods.org_access_tokens import TokenResource
from dockerhub_mcp.hub.models import OrgAccessToken, OrgAccessTokenDetail
from dockerhub_mcp.hub.models.timestamp import is_never
from dockerhub_mcp.hub.quoting import list_names, quote_name, quote_text
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.audit_recorder import AuditedCall, Outcome, describe_reason
from dockerhub_mcp.tools.mutations.execute import execute_mutation
from dockerhub_mcp.tools.results.tool_result import ToolResult
from dockerhub_mcp.tools.reviews.successors import (
    NOTHING_SENT,
    check_successor,
    describe_successor,
    describe_token,
)
from dockerhub_mcp.tools.reviews.token_judgement import never_expires

_MAX_LABEL, _MAX_DESCRIPTION = 100, 200
_DATE_SUFFIX = re.compile(r" \d{4}-\d{2}-\d{2}$")


class TokenRotation:
    """The rotation of one token.

    Args:
        context: The context of the call.
        tool_name: The tool that rotates, for questions and the audit log.
        organization: The organization of the token.
        dry_run: Whether nothing is sent but what reads.
    """

    def __init__(self, context: ToolContext, tool_name: str, organization: str, *, dry_run: bool) -> None:
        self._context, self._tool_name, self._organization = context, tool_name, organization
        self._dry_run = dry_run

    async def create_successor(self, name: str, label: str | None, expires_at: datetime | None) -> ToolResult:
        """Create a token with the resources, scopes and lifetime of an existing one, which stays as it is.

        Args:
            name: The id or the label of the existing token.
            label: The label of the new one; by default the old label with today's date.
            expires_at: Its expiry; by default as far in the future as that of the old token was.

        Raises:
            HubError: The Hub refused a request, or could not be reached.
            NotConfirmedError: The user did not confirm.
        """
        try:
            tokens = await self._list_tokens()
            old = await self._read(self._find(tokens, name))
            call = self._build_successor(old, tokens, label, expires_at)
        except HubError as error:
            await self._record_refusal(name, error)
            raise
        stays = f"The old token {describe_token(old)} stays as it is"
        preface = f"{stays}, until a second confirmation; this creates its successor."

        async def read_preface() -> str:
            return preface

        try:
            result = await self._execute(call, read_preface, bound_to=f"token {old.id}")
        except HubError as error:
            error.remedy = f"{error.remedy} {stays}.".strip()
            raise
        if self._dry_run:
            return result
        if result.is_error:
            return replace(result, text=f"{result.text}\n{stays}, and still works if it did before.")
        again = (
            f"Next: bring the new value to everything that uses the old one. Then call {self._tool_name} "
            f"with token={quote_name(old.id)} and the id above as successor. {stays} until then."
        )
        return replace(result, text=f"{result.text}\n{again}")

    async def retire(self, name: str, successor_name: str, *, delete: bool) -> ToolResult:
        """Deactivate or delete a token that has a working successor with at least its permissions.

        Raises:
            HubError: The Hub refused a request or could not be reached, or the successor is unfit.
            NotConfirmedError: The user did not confirm.
        """
        try:
            tokens = await self._list_tokens()
            old, new = self._find(tokens, name), self._find(tokens, successor_name)
            if old.id == new.id:
                what = f"token and successor are the same token; {NOTHING_SENT}."
                raise InvalidRequest(what, remedy="Give the new token as successor.")
            prefaces = [await self._read_successor(old, new)]
        except HubError as error:
            await self._record_refusal(name, error)
            raise

        async def read_preface() -> str:
            # The successor is read again after the answer: it may have been revoked in the meantime.
            return prefaces.pop() if prefaces else await self._read_successor(old, new)

        place = {"org_name": self._organization, "access_token_id": str(old.id), "dry_run": self._dry_run}
        call = DeleteOrgAccessToken(**place) if delete else UpdateOrgAccessToken(**place, is_active=False)
        return await self._execute(call, read_preface, bound_to=f"successor {new.id}")

    async def _read_successor(self, old: OrgAccessToken, new: OrgAccessToken) -> str:
        """Return a sentence on the successor.

        Raises:
            HubError: A token could not be read, or the successor is unfit.
        """
        successor = await self._read(new)
        check_successor(await self._read(old), successor, self._context.clock())
        return describe_successor(successor)

    async def _execute(
        self, call: Mutation, read_preface: Callable[[], Awaitable[str]], bound_to: str
    ) -> ToolResult:
        if call.is_local_dry_run:
            return await execute_mutation(self._context, call, [], read_preface=read_preface)
        async with self._context.audit.record_unsent_errors(call):
            return await execute_mutation(
                self._context,
                call,
                [],
                read_preface=read_preface,
                tool_name=self._tool_name,
                bound_to=bound_to,
            )

    async def _list_tokens(self) -> list[OrgAccessToken]:
        """Return all tokens of the organization.

        Raises:
            HubError: They could not all be read.
        """
        result = await self._context.hub.paginate(ListOrgAccessTokens(name=self._organization))
        if result.error is not None:
            raise result.error
        return result.results

    async def _read(self, token: OrgAccessToken) -> OrgAccessTokenDetail:
        call = GetOrgAccessToken(org_name=self._organization, access_token_id=str(token.id))
        return await self._context.hub.send(call)

    def _find(self, tokens: Sequence[OrgAccessToken], name: str) -> OrgAccessToken:
        """Return the token with an id or a label.

        Raises:
            InvalidRequest: There is no such token, or there are several.
        """
        found = [token for token in tokens if token.id == name] or [t for t in tokens if t.label == name]
        if len(found) == 1 and found[0].id:
            return found[0]
        owner = quote_name(self._organization)
        if not found:
            what = f"{owner} has no access token {quote_text(name)}; {NOTHING_SENT}."
            raise InvalidRequest(what, remedy="See review_tokens for ids and labels.")
        what = f"{owner} has {len(found)} access tokens {quote_text(name)}; {NOTHING_SENT}."
        raise InvalidRequest(what, remedy=f"Give the id: {list_names(token.id for token in found)}.")

    def _build_successor(
        self,
        old: OrgAccessTokenDetail,
        tokens: Sequence[OrgAccessToken],
        label: str | None,
        expires_at: datetime | None,
    ) -> CreateOrgAccessToken:
        now = self._context.clock()
        label = label or _build_label(old, now)
        if same := [token for token in tokens if token.label == label]:
            what = f"There is an access token {quote_text(label)} already ({same[0].id}); {NOTHING_SENT}."
            why = "It may be the successor that an earlier call created."
            remedy = "Give it as successor, or give another label; if its value is lost, delete it first."
            raise InvalidRequest(what, why=why, remedy=remedy)
        try:
            resources = [
                TokenResource(type=each.type, path=each.path, scopes=each.scopes)
                for each in old.resources or ()
            ]
        except ValidationError:
            resources = []
        if not resources:
            what = f"The Hub does not name the resources of {describe_token(old)} in a known form; "
            what += f"{NOTHING_SENT}."
            raise InvalidRequest(what, remedy="Create the successor with create_org_access_token.")
        return CreateOrgAccessToken(
            name=self._organization,
            label=label,
            description=(old.description or "")[:_MAX_DESCRIPTION] or None,
            resources=resources,
            expires_at=expires_at or _find_expiry(old, now),
            dry_run=self._dry_run,
        )

    async def _record_refusal(self, name: str, error: HubError) -> None:
        if not self._dry_run:
            call = AuditedCall(self._tool_name, f"{self._organization}/{name}")
            await self._context.audit.record_unsent(call, Outcome.REFUSED, describe_reason(error))


def _build_label(old: OrgAccessToken, now: datetime) -> str:
    """Return the label of the old token with today's date, in place of an earlier date."""
    date = f" {now:%Y-%m-%d}"
    base = _DATE_SUFFIX.sub("", old.label or "").strip() or "token"
    longest = max(_MAX_LABEL, len(old.label or ""))  # the Hub took the old label
    return f"{base[: longest - len(date)]}{date}"


def _find_expiry(old: OrgAccessTokenDetail, now: datetime) -> datetime | None:
    """Return the expiry after the lifetime of the old token, at midnight: the question must not change.

    Raises:
        InvalidRequest: The lifetime is unknown.
    """
    if never_expires(old):
        return None
    if old.expires_at is None:
        what = f"The Hub does not say when {describe_token(old)} expires; {NOTHING_SENT}."
        raise InvalidRequest(what, remedy="Give expires_at.")
    if old.created_at is None or is_never(old.created_at):
        what = f"The Hub does not say when {describe_token(old)} was created; {NOTHING_SENT}."
        raise InvalidRequest(what, remedy="Give expires_at.")
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + max(old.expires_at - old.created_at, timedelta(days=1))

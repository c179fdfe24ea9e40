"""The rotation of an organization's access token: create a successor, then retire the old token.

These are two calls. The value of the successor is only in the result of the first one, and has to be in use
before the old token may stop working.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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
from dockerhub_mcp.hub.models.timestamp import format_day, is_never
from dockerhub_mcp.hub.quoting import list_names, quote_name, quote_text
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.audit_recorder import AuditedCall, Outcome, describe_reason
from dockerhub_mcp.tools.mutations.execute import execute_mutation
from dockerhub_mcp.tools.results.tool_result import ToolResult
from dockerhub_mcp.tools.reviews.token_judgement import WORKS, find_state, is_never_used, never_expires

_DATE_SUFFIX = re.compile(r" \d{4}-\d{2}-\d{2}$")
_NOTHING_SENT = "nothing was sent"


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
        stays = f"The old token {_describe(old)} stays as it is"
        preface = f"{stays}, until a second confirmation; this creates its successor."
        try:
            result = await self._execute(call, preface)
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
                what = f"token and successor are the same token; {_NOTHING_SENT}."
                raise InvalidRequest(what, remedy="Give the new token as successor.")
            successor = await self._read(new)
            self._check_successor(await self._read(old), successor)
        except HubError as error:
            await self._record_refusal(name, error)
            raise
        used = "has not been used yet" if is_never_used(successor) else "was used before"
        if day := format_day(successor.last_used_at):
            used = f"was last used on {day}"
        preface = f"The successor {_describe(successor)} works, and {used}."
        place = {"org_name": self._organization, "access_token_id": str(old.id), "dry_run": self._dry_run}
        call = DeleteOrgAccessToken(**place) if delete else UpdateOrgAccessToken(**place, is_active=False)
        return await self._execute(call, preface)

    async def _execute(self, call: Mutation, preface: str) -> ToolResult:
        if call.is_local_dry_run:
            return await execute_mutation(self._context, call, [], preface=preface)
        async with self._context.audit.record_unsent_errors(call):
            return await execute_mutation(self._context, call, [], preface=preface, tool_name=self._tool_name)

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
            what = f"{owner} has no access token {quote_text(name)}; {_NOTHING_SENT}."
            raise InvalidRequest(what, remedy="See review_tokens for ids and labels.")
        what = f"{owner} has {len(found)} access tokens {quote_text(name)}; {_NOTHING_SENT}."
        raise InvalidRequest(what, remedy=f"Give the id: {list_names(token.id for token in found)}.")

    def _build_successor(
        self,
        old: OrgAccessTokenDetail,
        tokens: Sequence[OrgAccessToken],
        label: str | None,
        expires_at: datetime | None,
    ) -> CreateOrgAccessToken:
        now = self._context.clock()
        label = label or f"{_DATE_SUFFIX.sub('', old.label or 'token')} {now:%Y-%m-%d}"
        if same := [token for token in tokens if token.label == label]:
            what = f"There is an access token {quote_text(label)} already ({same[0].id}); {_NOTHING_SENT}."
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
            what = (
                f"The Hub does not name the resources of {_describe(old)} in a known form; {_NOTHING_SENT}."
            )
            raise InvalidRequest(what, remedy="Create the successor with create_org_access_token.")
        return CreateOrgAccessToken(
            name=self._organization,
            label=label,
            description=old.description or None,
            resources=resources,
            expires_at=expires_at or _find_expiry(old, now),
            dry_run=self._dry_run,
        )

    def _check_successor(self, old: OrgAccessTokenDetail, new: OrgAccessTokenDetail) -> None:
        """Check that a token can take the place of another.

        Raises:
            InvalidRequest: It does not work, or lacks a permission.
        """
        state = find_state(new, self._context.clock())
        if state != WORKS:
            what = f"The successor {_describe(new)} does not work ({state}); {_NOTHING_SENT}."
            raise InvalidRequest(what, remedy="Create another one with a call without successor.")
        lacking = _list_permissions(old) - _list_permissions(new)
        if lacking:
            listed = list_names(f"{scope} on {path}" for path, scope in sorted(lacking))
            what = f"The successor {_describe(new)} lacks permissions of {_describe(old)}: {listed}; "
            what += f"{_NOTHING_SENT}."
            remedy = "If that is intended, deactivate the old token with update_org_access_token."
            raise InvalidRequest(what, remedy=remedy)

    async def _record_refusal(self, name: str, error: HubError) -> None:
        if not self._dry_run:
            call = AuditedCall(self._tool_name, f"{self._organization}/{name}")
            await self._context.audit.record_unsent(call, Outcome.REFUSED, describe_reason(error))


def _list_permissions(token: OrgAccessTokenDetail) -> set[tuple[str, str]]:
    resources = token.resources or ()
    return {(str(each.path), scope) for each in resources for scope in each.scopes or ()}


def _find_expiry(old: OrgAccessTokenDetail, now: datetime) -> datetime | None:
    """Return the expiry after the lifetime of the old token, at midnight: the question must not change.

    Raises:
        InvalidRequest: The lifetime is unknown.
    """
    if old.expires_at is None or never_expires(old):
        return None
    if old.created_at is None or is_never(old.created_at):
        what = f"The Hub does not say when {_describe(old)} was created; {_NOTHING_SENT}."
        raise InvalidRequest(what, remedy="Give expires_at.")
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + max(old.expires_at - old.created_at, timedelta(days=1))


def _describe(token: OrgAccessToken) -> str:
    return f"{quote_text(token.label or '?')} ({quote_name(token.id)})"

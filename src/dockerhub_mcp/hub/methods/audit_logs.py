"""Audit logs. Reference: https://docs.docker.com/reference/api/hub/latest/#tag/audit-logs."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from dockerhub_mcp.hub.api.filters import describe_ignored_filter, normalize_search, quote, suggest
from dockerhub_mcp.hub.api.method import GET, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.types import AccountName, MaxItems, PageNumber, PageSize, UtcDatetime
from dockerhub_mcp.hub.models import AuditLogActions, AuditLogEvent, Page


class ListAuditLogs(Method[Page[AuditLogEvent]]):
    """List audit log events of an organization: actor, action, repository, member or team, and time.

    Needs an owner's password sign-in or an organization access token with scope-activity-read.
    """

    http = GET("/v2/auditlogs/{account}")
    effect = Effect.READ
    scope = Scope.ORGANIZATION
    area = Area.AUDIT_LOGS
    title = "List audit log events"
    oat_scope = "scope-activity-read"
    accepts_pat = False

    account: AccountName
    action: Annotated[
        str | None,
        Field(description="Only this action, group.name as in repo.tag.push.", examples=["repo.tag.push"]),
    ] = None
    name: Annotated[
        str | None,
        Field(
            description="Only events on this repository, organization or user.", examples=["acme/storefront"]
        ),
    ] = None
    actor: Annotated[str | None, Field(description="Only events by this user.", examples=["ada"])] = None
    from_: Annotated[
        UtcDatetime | None, Field(alias="from", description="Start, as in 2026-01-31T00:00:00Z.")
    ] = None
    to: Annotated[UtcDatetime | None, Field(description="End, as in 2026-01-31T00:00:00Z.")] = None
    page: PageNumber = 1
    page_size: PageSize = 25
    max_items: MaxItems = None

    @classmethod
    def normalize(cls, arguments: dict[str, Any], notes: list[str]) -> dict[str, Any]:
        """Extend an end date without a time to the end of that day, and write action and actor plainly."""
        if isinstance(action := arguments.get("action"), str):
            arguments = arguments | {"action": action.strip().lower()}
        if isinstance(actor := arguments.get("actor"), str):
            arguments = arguments | {"actor": normalize_search(actor)}
        end = arguments.get("to")
        if isinstance(end, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", end.strip()):
            notes.append(f"{end.strip()} was taken to its end, 23:59:59 UTC.")
            return arguments | {"to": f"{end.strip()}T23:59:59Z"}
        return arguments

    @model_validator(mode="after")
    def _validate_time_range(self) -> Self:
        if self.from_ is not None and self.to is not None and self.from_ >= self.to:
            msg = "from must be before to, or no event can match"
            raise ValueError(msg)
        if self.from_ is not None and self.from_ > datetime.now(UTC) + timedelta(days=1):
            now = f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}"
            msg = f"the start (from) is in the future, where no event can be; now is {now}"
            raise ValueError(msg)
        return self

    def reference_call(self, result: Page[AuditLogEvent]) -> ListAuditLogActions | None:
        """Return the call that lists the actions, where none matches."""
        if not self.action or result.results or self.page > 1:
            return None
        return ListAuditLogActions(account=self.account)

    def list_explained_fields(self) -> list[str]:
        """Add the field of the filter by action."""
        return [*super().list_explained_fields(), "action"]

    def explain_result(self, result: Page[AuditLogEvent], reference: Any = None) -> list[str]:
        """Add what may be wrong with the filters where nothing matches."""
        notes = super().explain_result(result, reference)
        if result.results:
            return notes + describe_ignored_filter("action", self.action, result.results, _has_action)
        if self.page > 1:
            return notes
        if self.action and isinstance(reference, AuditLogActions):
            notes += _explain_action(self.action, reference.collect_names())
        if self.name and "/" not in self.name and self.name.lower() != self.account:
            full_name = f"{self.account}/{self.name.lower()}"
            notes.append(f"Events on a repository have its full name, such as name={quote(full_name)}.")
        elif self.name and (self.name != self.name.lower() or ":" in self.name):
            notes.append("Names are in lower case, and those of repositories without tag.")
        if self.actor and (self.actor != self.actor.lower() or "@" in self.actor):
            notes.append("actor is a Docker ID in lower case, not an e-mail address.")
        return notes


def _has_action(event: AuditLogEvent, action: str) -> bool:
    return event.action == action


def _explain_action(action: str, known: list[str]) -> list[str]:
    """Return a sentence that names the nearest actions, if this one is not among them."""
    if not known or action in known:
        return []
    asked, action = action, action.strip("*.")
    ending = [name for name in known if name.endswith(f".{action}")] or [
        name for name in known if action.rpartition(".")[2] in name.split(".")
    ]
    hint = f"; did you mean {' or '.join(ending[:5])}" if ending else suggest(action, known, max_listed=0)
    return [f"There is no action {quote(asked)}{hint}. list_audit_log_actions lists them."]


class ListAuditLogActions(Method[AuditLogActions]):
    """List the actions that list_audit_logs can filter by.

    Needs an owner's password sign-in or an organization access token with scope-activity-read.
    """

    http = GET("/v2/auditlogs/{account}/actions")
    effect = Effect.READ
    scope = Scope.ORGANIZATION
    area = Area.AUDIT_LOGS
    title = "List audit log actions"
    oat_scope = "scope-activity-read"
    accepts_pat = False

    account: AccountName

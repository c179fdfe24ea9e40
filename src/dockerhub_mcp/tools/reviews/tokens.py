"""Reviews of personal and organization access tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from dockerhub_mcp.hub.methods import GetOrgAccessToken, ListAccessTokens, ListOrgAccessTokens
from dockerhub_mcp.hub.models import AccessToken, OrgAccessToken, OrgAccessTokenDetail
from dockerhub_mcp.hub.quoting import quote_name, quote_text
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.reviews.reading import ReviewReader, fit_rows, limit_names
from dockerhub_mcp.tools.reviews.token_judgement import (
    TokenJudgement,
    format_resources,
    judge_token,
    names_resources,
)
from dockerhub_mcp.tools.reviews.token_models import ReviewedToken, TokenReview
from dockerhub_mcp.tools.workflows.base import WorkflowResult

_ROWS_SHARE = 0.75
_MAX_LABELS = 20
_PERSONAL_NOTE = "Only your own tokens: the Hub lists the personal tokens of other users to no account."
_SCOPES_UNKNOWN = "unknown"
_NOT_NAMED, _NOT_SAID = "The Hub did not name them.", "The Hub did not say."


async def review_personal_tokens(context: ToolContext) -> WorkflowResult:
    """Review the personal access tokens of the account.

    Raises:
        HubError: They could not be read.
    """
    now = context.clock()
    reader = ReviewReader(context.hub, now)
    tokens = await reader.require_list(ListAccessTokens(), "the tokens")
    _report_unknown_fields(reader, tokens, "last_used")
    if without_scopes := sum(token.scopes is None for token in tokens):
        reader.add_failure(f"the scopes of {_count_tokens(without_scopes)}", _NOT_NAMED)
    rows = []
    for token in tokens:
        judgement = judge_token(token, token.scopes, now)
        dates = _collect_dates(token, "last_used")
        row = ReviewedToken(
            id=token.uuid, label=token.token_label, scopes=token.scopes, **_describe(judgement), **dates
        )
        rows.append((judgement, row))
    owner = f"personal tokens of {quote_name(context.hub.principal.username)}"
    return _build_result(context, owner, rows, reader, [_PERSONAL_NOTE])


async def review_organization_tokens(context: ToolContext, organization: str) -> WorkflowResult:
    """Review the access tokens of an organization, each with its scopes and resources.

    Raises:
        HubError: They could not be read.
    """
    now = context.clock()
    reader = ReviewReader(context.hub, now)
    tokens = await reader.require_list(ListOrgAccessTokens(name=organization), "the tokens")
    calls = {
        token.id: GetOrgAccessToken(org_name=organization, access_token_id=token.id)
        for token in tokens
        if token.id
    }
    labels = {token.id: token.label or "?" for token in tokens}
    details: dict[str, OrgAccessTokenDetail | None] = await reader.try_each(
        calls, lambda key: f"the scopes of {quote_text(labels[key])}", reader.try_read
    )
    _report_unknown_fields(reader, tokens, "last_used_at")
    rows = []
    for token in tokens:
        detail = details.get(token.id or "")
        resources = None if detail is None else detail.resources
        if detail is not None and not names_resources(resources):
            reader.add_failure(f"the scopes of {quote_text(token.label or '?')}", _NOT_NAMED)
        scopes = None if resources is None else [scope for each in resources for scope in each.scopes or ()]
        judgement = judge_token(token, scopes, now)
        row = ReviewedToken(
            id=token.id,
            label=token.label,
            resources=_SCOPES_UNKNOWN if resources is None else format_resources(resources),
            created_by=token.created_by,
            **_describe(judgement),
            **_collect_dates(token, "last_used_at"),
        )
        rows.append((judgement, row))
    return _build_result(context, f"the organization {quote_name(organization)}", rows, reader, [])


def _report_unknown_fields(
    reader: ReviewReader, tokens: Sequence[AccessToken | OrgAccessToken], used: str
) -> None:
    """Report what the list of tokens does not say."""
    inactive = sum(token.is_active is None for token in tokens)
    unused = sum(used not in token.model_fields_set for token in tokens)
    endless = sum("expires_at" not in token.model_fields_set for token in tokens)
    for count, one, several in (
        (inactive, "whether {} is active", "whether {} are active"),
        (unused, "when {} was last used", "when {} were last used"),
        (endless, "whether {} expires", "whether {} expire"),
    ):
        if count:
            reader.add_failure((one if count == 1 else several).format(_count_tokens(count)), _NOT_SAID)


def _count_tokens(count: int) -> str:
    return "1 token" if count == 1 else f"{count} tokens"


def _describe(judgement: TokenJudgement) -> dict[str, Any]:
    return {"attention": "; ".join(judgement.reasons) or None, "state": judgement.state}


def _collect_dates(token: AccessToken | OrgAccessToken, used: str) -> dict[str, Any]:
    """Return the dates of a token that the Hub sent: null means never, and a missing one is unknown."""
    names = {"created_at": "created", used: "last_used", "expires_at": "expires"}
    return {name: getattr(token, key) for key, name in names.items() if key in token.model_fields_set}


def _build_result(
    context: ToolContext,
    owner: str,
    rows: Sequence[tuple[TokenJudgement, ReviewedToken]],
    reader: ReviewReader,
    notes: Sequence[str],
) -> WorkflowResult:
    ranked = sorted(rows, key=lambda each: (-each[0].weight, each[1].label or ""))
    table = [row for _, row in ranked]
    kept = fit_rows(table, int(context.result_options.max_bytes * _ROWS_SHARE))
    states = Counter(judgement.state for judgement, _ in rows)
    counts = ", ".join(f"{count} {state}" for state, count in states.most_common())
    unused = [row.label or row.id or "?" for judgement, row in ranked if judgement.is_unused]
    data = TokenReview(
        owner=owner,
        count=f"{len(rows)}: {counts}" if rows else "none",
        requests=reader.requests,
        revoke_first=limit_names(unused, _MAX_LABELS) or None,
        tokens=kept,
    )
    if len(kept) < len(rows):
        cut = f"CUT for its size: {len(kept)} of {len(rows)} tokens are listed, those to revoke first."
        notes = [*notes, cut]
    return WorkflowResult(data, notes, reader.describe_failures())

"""Requests to a sandbox, for tests of its endpoints."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx2 as httpx

from dockerhub_mcp.sandbox import Sandbox

START = 1_760_000_012.5
"""The time at which the sandbox of a test starts, in seconds since the epoch."""

RequestAs = Callable[..., Awaitable[httpx.Response]]
"""Send a request as an identity of the sandbox: `(identity, method, url, **options)`; None is anonymous."""


def get_actor(sandbox: Sandbox, identity: str) -> str:
    """Return the actor that the audit log has for an identity: with the label of a personal access token."""
    account = sandbox.get_identity(identity)
    labels = [token.label for token in sandbox.state.personal_access_tokens if token.secret == account.secret]
    return f'{account.username} - access token "{labels[0]}"' if labels else account.username

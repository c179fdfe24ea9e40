"""Requests to a sandbox, for tests of its endpoints."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx2 as httpx

START = 1_760_000_012.5
"""The time at which the sandbox of a test starts, in seconds since the epoch."""

RequestAs = Callable[..., Awaitable[httpx.Response]]
"""Send a request as an identity of the sandbox: `(identity, method, url, **options)`; None is anonymous."""

"""Sandboxes for comparisons: equal ones, in the place of the one that the program creates."""

from __future__ import annotations

import time

import pytest

from dockerhub_mcp.sandbox import Sandbox


def create_equal_sandboxes(count: int) -> list[Sandbox]:
    """Return sandboxes with equal data, whose clocks stand still, without rate limits."""
    now = time.time()
    return [
        Sandbox(now=lambda: now, anonymous_limit=None, signed_in_limit=None, anonymous_pull_limit=None)
        for _ in range(count)
    ]


def use_sandbox(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    """Let `--sandbox` mean this sandbox."""
    monkeypatch.setattr("dockerhub_mcp.bootstrap.hubs._create_sandbox", lambda: sandbox)

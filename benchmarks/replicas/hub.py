"""A sandbox in a process of its own with many accounts and network latency, which counts requests."""

from __future__ import annotations

import argparse
import uuid
from typing import Any

from benchmarks.sandbox_process import respond_with_json, serve_with_app
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.state import UserRecord

COUNTS_PATH = "/_benchmark"
LATENCY = 0.04
"""Seconds that the Hub takes for a response."""


def name_account(number: int) -> tuple[str, str]:
    """Return the user name and the secret of an account."""
    return f"user{number:04}", f"dckr_pat_{number:027}"


class CountingApp:
    """The application of a sandbox, with the counts of requests as JSON at one further path."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox, self._app = sandbox, sandbox.app
        self._requests = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, and count it."""
        if scope["type"] == "http" and scope["path"] == COUNTS_PATH:
            counts = {"requests": self._requests, "sign_ins": self._sandbox.login_count}
            await respond_with_json(send, counts)
            return
        self._requests += 1
        await self._app(scope, receive, send)


def add_accounts(sandbox: Sandbox, count: int) -> None:
    """Add user accounts to a sandbox."""
    for number in range(count):
        name, secret = name_account(number)
        sandbox.state.users[name] = UserRecord(
            username=name,
            uuid=str(uuid.UUID(int=number + 1)),
            full_name=f"User {number}",
            email=f"{name}@example.com",
            joined_at=0.0,
            password=secret,
        )


def main() -> None:
    """Serve until the process is stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=0)
    sandbox = Sandbox(anonymous_limit=None, signed_in_limit=None, personal_pull_limit=None)
    add_accounts(sandbox, parser.parse_args().accounts)
    sandbox.faults.add(latency=LATENCY)
    serve_with_app(sandbox, CountingApp(sandbox))


if __name__ == "__main__":
    main()

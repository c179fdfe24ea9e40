"""The sandbox's process, and the client that reads what it counted."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import urlopen

from benchmarks.cleanup.hub import NAMESPACE, REPOSITORY, STATE_PATH
from benchmarks.programs import Program, build_environment

IMAGE = f"{NAMESPACE}/{REPOSITORY}"
RULES: dict[str, Any] = {"delete_matching": ["*"], "undated": "old", "max_delete": 3000}
"""All that no keep rule keeps: the sandbox makes some tags immutable, and `latest` and young tags stay."""


class Service:
    """A sandbox that is being served.

    Attributes:
        url: Its URL.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a program that uses it, signed in as the owner, without those of this process."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DOCKER")}
        return kept | build_environment(self.url) | {"DOCKERHUB_REGISTRY_URL": self.url}

    def read_counts(self) -> dict[str, Any]:
        """Return `requests` to the `hub` and the `registry`, and how much was `deleted`."""
        return self._read(STATE_PATH)

    def read_state(self) -> dict[str, Any]:
        """Return the counts, the statuses of all `deletions`, and what the repository has."""
        return self._read(f"{STATE_PATH}/state")

    def count_requests(self) -> int:
        """Return the number of requests so far."""
        return sum(self.read_counts()["requests"].values())

    def _read(self, path: str) -> dict[str, Any]:
        with urlopen(f"{self.url}{path}", timeout=60) as answer:  # noqa: S310 - our own sandbox
            found: dict[str, Any] = json.load(answer)
        return found


@contextmanager
def start_service(limit: int | None = None) -> Iterator[Service]:
    """Start a sandbox; `limit` is the number of requests per minute of an account."""
    options = [] if limit is None else ["--limit", str(limit)]
    with Program([sys.executable, "-m", "benchmarks.cleanup.hub", *options], {}) as program:
        yield Service(f"http://127.0.0.1:{program.wait_for_port()}")

"""A sandbox in a process of its own that counts requests, and remembers the status of each deletion."""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from typing import Any

from benchmarks.sandbox_process import respond_with_json, serve_with_app
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.data.images.inventory import get_inventory

NAMESPACE, REPOSITORY = "milldale", "controller"
STATE_PATH = "/_benchmark"
_HUB_PREFIXES = "/v2/namespaces/", "/v2/repositories/", "/v2/auth/", "/v2/users/"


class CountingApp:
    """The application of a sandbox, with its state and the counts as JSON at one further path."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._app: Any = sandbox.app
        self._repository = sandbox.state.repositories[NAMESPACE, REPOSITORY]
        self._requests: Counter[str] = Counter()
        self._deletions: defaultdict[str, list[int]] = defaultdict(list)
        self._deleted = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, and count it."""
        path = scope["path"]
        if path.startswith(STATE_PATH):
            await respond_with_json(send, self._describe(with_state=path.endswith("/state")))
            return
        self._requests["hub" if path.startswith(_HUB_PREFIXES) else "registry"] += 1
        if scope["method"] != "DELETE":
            await self._app(scope, receive, send)
            return

        async def send_and_note(message: Any) -> None:
            if message["type"] == "http.response.start":
                self._deletions[path.rpartition("/")[2]].append(message["status"])
                self._deleted += message["status"] < 300  # noqa: PLR2004
            await send(message)

        await self._app(scope, receive, send_and_note)

    def _describe(self, *, with_state: bool) -> dict[str, Any]:
        counts = {"requests": dict(self._requests), "deleted": self._deleted}
        if not with_state:
            return counts
        inventory, repository = get_inventory(self._repository), self._repository
        tagged = set(inventory.tags)
        needed = tagged | {digest for digest, parents in inventory.parents.items() if parents & tagged}
        return counts | {
            "deletions": self._deletions,
            "tags": sorted(tag.name for tag in repository.tags),
            "stored": sorted(set(inventory.manifests) - repository.deleted_digests),
            "needed": sorted(needed),
        }


def main() -> None:
    """Serve until the process is stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, help="requests per minute of an account; by default no limit")
    limit = parser.parse_args().limit
    sandbox = Sandbox(signed_in_limit=limit, personal_pull_limit=None)
    serve_with_app(sandbox, CountingApp(sandbox))


if __name__ == "__main__":
    main()

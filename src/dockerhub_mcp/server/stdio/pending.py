"""What is passed to the SDK over a connection and has no response yet."""

from __future__ import annotations

from typing import Any

import anyio


class PendingRequests:
    """The requests of the client that the SDK has not answered, and those that the SDK sent to the client."""

    def __init__(self) -> None:
        self._waiting_lines = 0
        self._requests: set[str | int] = set()
        # Requests to the client, with the request of the client that waits for each. The client cannot answer
        # them after the end of the input.
        self._client_requests: dict[str | int, str | int | None] = {}
        self._changed = anyio.Event()

    def add_line(self) -> None:
        """Count a line that waits until the SDK reads it."""
        self._waiting_lines += 1

    def complete_line(self) -> None:
        """Count off a line that the SDK has read; its request was added before."""
        self._waiting_lines -= 1
        self._changed.set()

    def add(self, request_id: str | int) -> None:
        """Add a request of the client."""
        self._requests.add(request_id)

    def complete(self, request_id: Any) -> None:
        """Remove a request of the client; the id may be any value that a client sent."""
        if isinstance(request_id, str | int):
            self._requests.discard(request_id)
            open_requests = self._client_requests
            self._client_requests = {id_: by for id_, by in open_requests.items() if by != request_id}
        self._changed.set()

    def take_requests(self) -> list[str | int]:
        """Return the requests of the client that are not answered, and forget all requests."""
        requests = list(self._requests)
        self._requests.clear()
        self._client_requests.clear()
        self._changed.set()
        return requests

    def add_client_request(self, request_id: str | int, asked_by: str | int | None) -> None:
        """Add a request to the client, and the request of the client that waits for its answer."""
        self._client_requests[request_id] = asked_by
        self._changed.set()

    def complete_client_request(self, request_id: str | int | None) -> None:
        """Remove a request to the client."""
        self._client_requests.pop("" if request_id is None else request_id, None)

    async def wait_until_answered(self) -> None:
        """Wait until every request is answered that can be answered without the client."""
        while self._waiting_lines or self._requests.difference(self._client_requests.values()):
            self._changed = anyio.Event()
            await self._changed.wait()

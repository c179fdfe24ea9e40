"""At the end of the input, all requests are answered that can be answered without the client."""

from __future__ import annotations

import asyncio

from dockerhub_mcp.server.stdio.pending import PendingRequests


async def is_waiting(pending: PendingRequests) -> bool:
    """Return whether there are requests that have to be answered first."""
    task = asyncio.create_task(pending.wait_until_answered())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    return not task.done()


def create_pending() -> PendingRequests:
    """Return the requests of a client, one of which waits for its answer to a question."""
    pending = PendingRequests()
    for request_id in ("asks", 2):
        pending.add(request_id)
    pending.add_client_request(1, "asks")
    return pending


async def test_a_question_keeps_only_its_own_request_from_being_answered() -> None:
    pending = create_pending()
    assert await is_waiting(pending)
    pending.complete(2)
    assert not await is_waiting(pending)


async def test_the_question_of_a_cancelled_request_is_forgotten() -> None:
    pending = create_pending()
    pending.complete("asks")
    pending.add("asks")  # another request with the same id
    pending.complete(2)
    assert await is_waiting(pending)


async def test_a_request_whose_question_is_answered_is_waited_for() -> None:
    pending = create_pending()
    pending.complete(2)
    pending.complete_client_request(1)
    assert await is_waiting(pending)
    pending.complete("asks")
    assert not await is_waiting(pending)

"""Plain calls beside requests that the SDK serves, in one connection."""

from __future__ import annotations

import json

import pytest

from tests.support.sandboxes import create_equal_sandboxes, use_sandbox
from tests.support.stdio_lines import answer_by_program
from tests.support.stdio_messages import INITIALIZED, build_initialize, build_request
from tests.support.stdio_process import Message, StdioProcess, open_process, text_of
from tests.support.stdio_program import encode_lines

GENERATIONS = pytest.mark.parametrize("modern", [False, True], ids=["2025", "2026"])
OPTIONS = ("--sandbox", "--access", "admin", "--toolsets", "tags,repositories", "--cache-ttl", "300")
STOREFRONT = {"repository": "acme/storefront"}
DELETE = {**STOREFRONT, "tag": "latest"}


@GENERATIONS
async def test_a_write_through_the_sdk_empties_the_cache_of_plain_reads(modern: bool) -> None:
    async with open_process(*OPTIONS, modern=modern) as client:
        assert await read_tags(client) == (True, False)
        assert await read_tags(client) == (True, True)
        await delete_while_reading(client, modern=modern)
        assert await read_tags(client) == (False, False)
        assert await client.end() == 0


async def read_tags(client: StdioProcess) -> tuple[bool, bool]:
    """Return whether the tag is there according to all reads, and whether they came from the cache."""
    listed = text_of(await client.ask(client.build_call("list", "list_tags", **STOREFRONT, name="latest")))
    checked = text_of(await client.ask(client.build_call("check", "check_tag", **DELETE)))
    is_listed = any(line.startswith("latest |") or line == "name: latest" for line in listed.splitlines())
    assert is_listed == ("exists: true" in checked)
    is_cached = "cached by this server" in listed
    assert is_cached == ("cached by this server" in checked)
    return is_listed, is_cached


async def delete_while_reading(client: StdioProcess, *, modern: bool) -> None:
    """Delete the tag, and call other tools while the question is open."""
    call = client.build_call("delete", "delete_tag", **DELETE)
    if modern:
        question = (await client.ask(call))["result"]
        assert question["resultType"] == "input_required"
        await read_meanwhile(client)
        answer = {"confirm": {"action": "accept", "content": {"confirm": True}}}
        call["params"] |= {"inputResponses": answer, "requestState": question["requestState"]}
        deleted = await client.ask(call)
    else:
        client.send(call)
        while not client.others:
            await client.receive()
        question = client.others.pop()
        assert question["method"] == "elicitation/create"
        await read_meanwhile(client)
        content = {"action": "accept", "content": {"confirm": True}}
        client.send({"jsonrpc": "2.0", "id": question["id"], "result": content})
        deleted = (await client.receive_answers(["delete"]))["delete"][0]
    assert not deleted["result"].get("isError"), deleted


async def read_meanwhile(client: StdioProcess) -> None:
    calls = [client.build_call(n, "get_tag", repository=f"redis:{n}") for n in range(5, 9)]
    calls += [client.build_call(f"list {n}", "list_tags", **STOREFRONT, name="latest") for n in range(5)]
    lists = [
        client.build(f"{method} {n}", method) for n in range(3) for method in ("tools/list", "prompts/list")
    ]
    reads = [client.build("read", "resources/read", uri="dockerhub://library/redis/readme")]
    sent: list[Message] = [*calls, *lists, *reads]
    client.send(*sent)
    answers = await client.receive_answers([message["id"] for message in sent])
    assert all("latest" in text_of(answers[f"list {n}"][0]) for n in range(5))
    assert answers["delete"] == [] or "input_required" in json.dumps(answers["delete"])


def test_log_lines_of_each_plain_call_have_its_own_request_id(monkeypatch: pytest.MonkeyPatch) -> None:
    use_sandbox(monkeypatch, create_equal_sandboxes(1)[0])
    calls = [
        build_request(n, "tools/call", name="get_tag", arguments={"repository": f"redis:{n}"})
        for n in range(1, 11)
    ]
    options = ["--sandbox", "--log-level", "debug", "--log-format", "json", "--cache-ttl", "0"]
    done = answer_by_program(encode_lines([build_initialize(), INITIALIZED, *calls]), options)
    logged = [json.loads(line) for line in done.log.splitlines()]
    request_ids = [
        line.get("request_id") for line in logged if line["message"] == "hub answered" and "tags" in str(line)
    ]
    assert len(request_ids) == 10
    assert len(set(request_ids) - {None, ""}) == 10

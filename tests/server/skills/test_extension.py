"""The extension for skills: its capability, its methods, and the files, through real clients."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import yaml
from mcp import Client, MCPError
from mcp_types import INVALID_PARAMS, TextResourceContents

from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.factory import build_server
from dockerhub_mcp.server.skills import resources
from dockerhub_mcp.server.telemetry.observers import (
    CompletedMessage,
    Observers,
    OnMessageEnd,
    ReceivedMessage,
)
from dockerhub_mcp.skills import EXTENSION_ID, declares_skills
from dockerhub_mcp.skills.catalog import MAIN_FILE, SKILLS, SkillContent, load_content
from dockerhub_mcp.tools.catalog.registry import Registry
from tests.support.fixture_types import MakeHub
from tests.support.server_clients import MODES
from tests.support.skill_clients import ASKING, ask
from tests.support.tool_calls import make_context

ROOT = "skill://dockerhub"
PINS = f"{ROOT}/pin-images/SKILL.md"
ALL = Registry(toolsets=["all"])
DEFAULT = Registry()
OFFERED_BY_DEFAULT = ["choose-base-image", "pin-images", "clean-up-tags", "explain-failed-pull"]
DECLARED = {EXTENSION_ID: {"directoryRead": True}}


@asynccontextmanager
async def connect(
    make_hub: MakeHub, mode: str, registry: Registry = ALL, *, asks: bool = True, **options: Any
) -> AsyncIterator[Client]:
    context = RequestContext(registry, make_context(make_hub()))
    server = build_server(context, **options)
    async with Client(server, mode=mode, extensions=ASKING if asks else None) as client:
        yield client


async def read(client: Client, uri: str) -> TextResourceContents:
    (contents,) = (await client.read_resource(uri)).contents
    assert isinstance(contents, TextResourceContents)
    return contents


async def refused(client: Client, method: str, **params: Any) -> str:
    with pytest.raises(MCPError) as caught:
        await ask(client, method, **params)
    assert caught.value.error.code == INVALID_PARAMS
    return caught.value.error.message


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_extension_is_declared_to_clients_that_declare_it(make_hub: MakeHub, mode: str) -> None:
    async with (
        connect(make_hub, mode) as asking,
        connect(make_hub, mode, asks=False) as plain,
    ):
        assert asking.server_capabilities.extensions == DECLARED
        assert asking.server_capabilities.resources is not None
        assert plain.server_capabilities.extensions is None
        declared = asking.server_capabilities.model_dump(exclude={"extensions"})
        assert declared == plain.server_capabilities.model_dump(exclude={"extensions"})
        # What is not of the extension is the same for both; skills are no entries of the list of resources.
        for list_name in ("list_resources", "list_resource_templates", "list_prompts", "list_tools"):
            of_asking, of_plain = [await getattr(each, list_name)() for each in (asking, plain)]
            assert of_asking == of_plain
        assert [each.uri for each in (await asking.list_resources()).resources] == ["dockerhub://server"]


@pytest.mark.parametrize(
    "capabilities",
    [None, 5, {}, {"extensions": None}, {"extensions": {EXTENSION_ID: True}}, {"extensions": {"x/y": {}}}],
    ids=str,
)
def test_other_capabilities_do_not_declare_it(capabilities: Any) -> None:
    assert not declares_skills(capabilities)


@MODES
async def test_the_list_has_frontmatter_and_every_file_with_its_digest(make_hub: MakeHub, mode: str) -> None:
    async with connect(make_hub, mode) as client:
        result = await ask(client, "skills/list")
        if mode == "legacy":
            assert set(result) == {"skills"}
        else:
            assert (result["resultType"], result["ttlMs"], result["cacheScope"]) == (
                "complete",
                3_600_000,
                "public",
            )
        assert "nextCursor" not in result
        names = [skill["frontmatter"]["name"] for skill in result["skills"]]
        assert names == [skill.name for skill in SKILLS]
        for entry in result["skills"]:
            assert set(entry) == {"uri", "frontmatter", "resources"}
            assert entry["uri"] == f"{ROOT}/{entry['frontmatter']['name']}/SKILL.md"
            assert entry["uri"] in [each["uri"] for each in entry["resources"]]
            assert len({each["uri"] for each in entry["resources"]}) == len(entry["resources"]) <= 512
            for file in entry["resources"]:
                assert file["uri"].startswith(entry["uri"].removesuffix(MAIN_FILE))
                contents = await read(client, file["uri"])
                assert contents.uri == file["uri"]
                assert contents.mime_type == "text/markdown"
                assert contents.meta is None
                content = contents.text.encode()
                assert file["size"] == len(content)
                assert file["digest"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
            main = await read(client, entry["uri"])
            found = re.match(r"---\n(.*?\n)---\n", main.text, re.DOTALL)
            assert found
            assert yaml.safe_load(found[1]) == entry["frontmatter"]
            one = await ask(client, "skills/get", uri=entry["uri"])
            assert one["skill"] == entry
            assert set(one) - {"_meta"} == {*(set(result) - {"_meta", "skills"}), "skill"}


@MODES
async def test_a_skill_is_offered_while_its_tool_is_enabled(make_hub: MakeHub, mode: str) -> None:
    async with connect(make_hub, mode, DEFAULT) as client:
        listed = (await ask(client, "skills/list"))["skills"]
        assert [skill["frontmatter"]["name"] for skill in listed] == OFFERED_BY_DEFAULT
        directory = await ask(client, "resources/directory/read", uri=ROOT)
        assert [each["name"] for each in directory["resources"]] == OFFERED_BY_DEFAULT
        uri = f"{ROOT}/review-access/SKILL.md"
        for method in ("skills/get", "resources/directory/read", "resources/read"):
            message = await refused(client, method, uri=uri)
            assert "review-access needs the tool review_access" in message
            assert "--toolsets default,reviews" in message
    async with connect(make_hub, mode, Registry(tools=["get_tag"])) as client:
        assert (await ask(client, "skills/list"))["skills"] == []


@MODES
async def test_directories_list_their_direct_children(
    make_hub: MakeHub, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = load_content("pin-images")
    files = content.files | {"references/a.md": b"a", "references/deep/b.md": b"bb"}
    nested = SkillContent(content.frontmatter, content.body, files)
    monkeypatch.setattr(resources, "load_content", lambda _: nested)
    folder = f"{ROOT}/pin-images"

    async with connect(make_hub, mode) as client:

        async def list_children(uri: str) -> list[dict[str, Any]]:
            result = await ask(client, "resources/directory/read", uri=uri)
            assert result.get("resultType") == (None if mode == "legacy" else "complete")
            children: list[dict[str, Any]] = result["resources"]
            return children

        roots = await list_children(ROOT)
        assert {"uri": folder, "name": "pin-images", "mimeType": "inode/directory"} in roots
        assert await list_children(folder) == [
            {
                "uri": PINS,
                "name": "pin-images",
                "description": content.frontmatter["description"],
                "mimeType": "text/markdown",
                "size": len(files[MAIN_FILE]),
            },
            {"uri": f"{folder}/references", "name": "references", "mimeType": "inode/directory"},
        ]
        assert await list_children(f"{folder}/references") == [
            {"uri": f"{folder}/references/a.md", "name": "a.md", "mimeType": "text/markdown", "size": 1},
            {"uri": f"{folder}/references/deep", "name": "deep", "mimeType": "inode/directory"},
        ]
        assert (await read(client, f"{folder}/references/deep/b.md")).text == "bb"
        entry = (await ask(client, "skills/get", uri=PINS))["skill"]
        assert [each["uri"].removeprefix(f"{folder}/") for each in entry["resources"]] == list(files)
        for uri in (
            PINS,
            f"{folder}/",
            f"{folder}/references/",
            f"{folder}/ref",
            f"{folder}/references/a.md",
        ):
            assert "is not a directory" in await refused(client, "resources/directory/read", uri=uri)
        assert "is not the SKILL.md" in await refused(client, "skills/get", uri=f"{folder}/references/a.md")


@MODES
@pytest.mark.parametrize("method", ["skills/get", "resources/directory/read", "resources/read"])
async def test_an_unknown_uri_is_an_invalid_parameter(make_hub: MakeHub, mode: str, method: str) -> None:
    async with connect(make_hub, mode) as client:
        for uri, words in (
            (f"{ROOT}/pin-image/SKILL.md", "did you mean pin-images"),
            ("skill://other/pin-images/SKILL.md", "There is no skill"),
            ("skill://", "There is no skill"),
            (f"{ROOT}/pin-images/../../../etc/passwd", "passwd"),
            (f"{ROOT}/pin-images/SKILL.md?x", "SKILL.md?x"),
            (f"{ROOT}/pin-images/%53KILL.md", "%53"),
            (f"{ROOT}/pin-images\u202e/SKILL.md" + "x" * 5000, "There is no skill"),
        ):
            with pytest.raises(MCPError) as caught:
                await ask(client, method, uri=uri)
            error = caught.value.error
            assert error.code == INVALID_PARAMS
            assert error.data == {"uri": uri}
            assert words in error.message
            assert len(error.message) < 400
            assert "\u202e" not in error.message


@MODES
async def test_invalid_parameters_are_named(make_hub: MakeHub, mode: str) -> None:
    async with connect(make_hub, mode) as client:
        for method in ("skills/get", "resources/directory/read"):
            assert "uri is required" in await refused(client, method)
            assert "uri must be text" in await refused(client, method, uri=5)
        for method, params in (("skills/list", {}), ("resources/directory/read", {"uri": ROOT})):
            assert "Unknown cursor" in await refused(client, method, cursor="page-two", **params)


async def test_lists_of_one_caller_are_not_for_shared_caches(make_hub: MakeHub) -> None:
    async with connect(make_hub, "2026-07-28", lists_are_shared=False) as client:
        assert (await ask(client, "skills/list"))["cacheScope"] == "private"
        found = await client.read_resource(PINS)
        assert (found.cache_scope, found.ttl_ms) == ("private", 3_600_000)


class Recorder:
    """Records the methods of messages, with their outcomes."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def on_message_start(self, message: ReceivedMessage) -> OnMessageEnd:
        def end(completed: CompletedMessage) -> None:
            self.seen.append((message.method, completed.outcome))

        return end

    def on_attempt(self, attempt: Any) -> None:
        """Ignore requests to the Hub, of which there are none."""


@MODES
async def test_observers_see_the_methods_by_their_names(make_hub: MakeHub, mode: str) -> None:
    observers, recorder = Observers(), Recorder()
    observers.registered.append(recorder)
    async with connect(make_hub, mode, observers=observers) as client:
        await ask(client, "skills/list")
        await ask(client, "skills/get", uri=PINS)
        await refused(client, "resources/directory/read", uri=PINS)
        await read(client, PINS)
    assert recorder.seen[-4:] == [
        ("skills/list", "ok"),
        ("skills/get", "ok"),
        ("resources/directory/read", "refused"),
        ("resources/read", "ok"),
    ]

"""Ask the questions on the sandbox, both ways, and record results, requests and pulls."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import httpx2 as httpx

from benchmarks.image_questions import contents, finding, pulling, sources, versions
from benchmarks.image_questions.facts import Facts
from benchmarks.image_questions.model import Call, Question, Verdict, judge
from benchmarks.image_questions.samples import add_samples
from devtools.generate.frozen_clock import NOW, get_frozen_datetime
from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.transport.pool import ConnectionPool
from dockerhub_mcp.registry import RegistryClient, RegistryServer
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.caching.result_cache import ResultCache
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.context import ToolContext

ORIGIN = "http://localhost"
TIMEOUT = 60.0
_SIGN_IN_PATHS = {"/v2/auth/token", "/v2/users/login", "/token"}
_GROUPS = (versions, finding, sources, contents, pulling)


class Asked(NamedTuple):
    """The outcome of a question, asked in one of the ways.

    Attributes:
        calls: The number of calls.
        text: The results, one after another.
        requests: The requests to the Hub and the registry, without signing in.
        pulls: The manifests that were downloaded.
        verdict: Whether the results contain the answer.
    """

    calls: int
    text: str
    requests: int
    pulls: int
    verdict: Verdict


def make_sandbox() -> Sandbox:
    """Return a sandbox at the fixed time. Bearer tokens outlive the time between then and today."""
    sandbox = Sandbox(now=lambda: NOW, token_lifetime=1e9)
    add_samples(sandbox)
    return sandbox


def list_questions() -> list[Question]:
    """Return all questions."""
    facts = Facts(make_sandbox())
    return [question for group in _GROUPS for question in group.list_questions(facts)]


async def ask(question: Question, *, is_new: bool) -> Asked:
    """Ask a question on a sandbox of its own."""
    calls: Sequence[Call] = question.new if is_new else question.old
    sandbox = make_sandbox()
    app = httpx.ASGITransport(app=sandbox.app)
    await _use_pulls(app, question.pulls_before)
    credentials = None
    if question.identity:
        identity = sandbox.get_identity(question.identity)
        credentials = Credentials.from_strings(identity.username, identity.secret)
    pool = ConnectionPool(timeout=TIMEOUT, httpx_transport=app)
    server = RegistryServer(pool, url=ORIGIN, timeout=TIMEOUT, has_limit_preview=True)
    registry, texts = Registry(toolsets=["all"]), []
    sandbox.requests.clear()
    async with Hub(credentials, base_url=ORIGIN, pool=pool) as hub:
        context = ToolContext(
            hub,
            cache=ResultCache(),
            clock=get_frozen_datetime,
            registry_for=lambda each: RegistryClient.for_account(server, each.account),
        )
        for tool, arguments in calls:
            result = await call_tool(registry, context, tool, arguments)
            texts.append(result.text)
    await pool.aclose()
    text = "\n".join(texts)
    requests = [each for each in sandbox.requests if each.path not in _SIGN_IN_PATHS]
    pulls = [each for each in requests if each.method == "GET" and "/manifests/" in each.path]
    verdict = judge(question.expected, text, is_new=is_new)
    return Asked(len(calls), text, len(requests), len(pulls), verdict)


def ask_all(questions: Sequence[Question]) -> list[tuple[Asked, Asked]]:
    """Ask each question the old way and the new way."""
    return asyncio.run(_ask_all(questions))


async def _ask_all(questions: Sequence[Question]) -> list[tuple[Asked, Asked]]:
    outcomes: dict[str, Asked] = {}

    async def ask_once(question: Question, *, is_new: bool) -> Asked:
        # Several questions read all tags of the same repository; the results are the same each time.
        calls = question.new if is_new else question.old
        key = repr((question.identity, question.pulls_before, calls))
        if key not in outcomes:
            outcomes[key] = await ask(question, is_new=is_new)
        known = outcomes[key]
        return known._replace(verdict=judge(question.expected, known.text, is_new=is_new))

    return [(await ask_once(each, is_new=False), await ask_once(each, is_new=True)) for each in questions]


async def _use_pulls(app: httpx.ASGITransport, pulls: int) -> None:
    """Use up pulls of the caller's address."""
    if not pulls:
        return
    repository = "library/hello-world"
    async with httpx.AsyncClient(transport=app, base_url=ORIGIN) as client:
        parameters = {"service": "registry.docker.io", "scope": f"repository:{repository}:pull"}
        token = (await client.get("/token", params=parameters)).json()["token"]
        for _ in range(pulls):
            response = await client.get(
                f"/v2/{repository}/manifests/latest", headers={"Authorization": f"Bearer {token}"}
            )
            response.raise_for_status()

"""What the sandbox answers, held against the official OpenAPI document."""

import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import httpx2 as httpx
import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.app import HUB_ROUTES

DOCUMENT = Path(
    os.environ.get("DOCKERHUB_OPENAPI") or Path(__file__).parents[2].parent / "shared" / "hub-openapi.yaml"
)
pytestmark = pytest.mark.skipif(
    not DOCUMENT.is_file(), reason=f"no OpenAPI document at {DOCUMENT}; set DOCKERHUB_OPENAPI to its path"
)

URI = "urn:docker:hub"
ERROR = "#/components/schemas/error"
LOGIN, TWO_FACTOR, TOKEN = "/v2/users/login", "/v2/users/2fa-login", "/v2/auth/token"
REPOSITORIES = "/v2/namespaces/{namespace}/repositories"
REPOSITORY = REPOSITORIES + "/{repository}"
TAGS, TAG = REPOSITORY + "/tags", REPOSITORY + "/tags/{tag}"
PATS, PAT = "/v2/access-tokens", "/v2/access-tokens/{uuid}"
OATS, OAT = "/v2/orgs/{name}/access-tokens", "/v2/orgs/{org_name}/access-tokens/{access_token_id}"
MEMBERS, GROUPS = "/v2/orgs/{org_name}/members", "/v2/orgs/{org_name}/groups"
SETTINGS = "/v2/orgs/{name}/settings"
LOGS, ACTIONS = "/v2/auditlogs/{account}", "/v2/auditlogs/{account}/actions"

ANONYMOUS_READ = "a public read with a bad bearer is refused, which the tags operations leave out"
BAD_PAGE = "the document has no answer for page numbers that are none"
FROM_TOKEN = "what a bearer from a PAT or an OAT gets here; observed, not documented"
BAD_BODY = "the document has no answer for an incomplete body"
LIMITED = "429 is documented for audit logs only, but counted everywhere"

# Statuses the document does not list for the operation, and why the sandbox answers them.
UNDOCUMENTED: dict[tuple[str, str, int], str] = {
    ("post", TOKEN, 400): BAD_BODY,
    ("post", LOGIN, 400): BAD_BODY,
    ("post", TWO_FACTOR, 400): BAD_BODY,
    ("get", TAGS, 400): "an ordering nobody knows is refused on both lists; documented for one of them",
    ("get", TAGS, 401): ANONYMOUS_READ,
    ("head", TAGS, 401): ANONYMOUS_READ,
    ("get", TAG, 401): ANONYMOUS_READ,
    ("head", TAG, 401): ANONYMOUS_READ,
    ("get", PATS, 403): FROM_TOKEN,
    ("get", PAT, 403): FROM_TOKEN,
    ("get", OATS, 400): BAD_PAGE,
    ("get", GROUPS, 400): BAD_PAGE,
    ("get", REPOSITORY, 429): LIMITED,
    ("post", TOKEN, 429): LIMITED,
}

# Fields the document does not know, and why the sandbox answers them.
NEWER_TAG = "live tags carry it (hub-mcp and others read it)"
PROBLEMS = "the shape of the document's own example for a 400, which its schema does not describe"
UNDESCRIBED: dict[tuple[str, str, int], dict[str, str]] = {
    ("get", TAGS, 200): {f"results.{name}": NEWER_TAG for name in ("digest", "media_type", "content_type")},
    ("get", TAG, 200): dict.fromkeys(("digest", "media_type", "content_type"), NEWER_TAG),
    ("get", REPOSITORIES, 400): {"fields": PROBLEMS, "text": PROBLEMS},
    ("post", REPOSITORIES, 400): {
        "fields": PROBLEMS,
        "text": PROBLEMS,
        "__all__": "observed for a name that is taken",
    },
    ("get", TAGS, 400): {"fields": PROBLEMS, "text": PROBLEMS},
    ("get", PATS, 400): {"fields": PROBLEMS, "text": PROBLEMS},
    ("get", OATS, 400): {"fields": PROBLEMS, "text": PROBLEMS},
    ("get", MEMBERS, 400): {"fields": PROBLEMS, "text": PROBLEMS},
    ("get", GROUPS, 400): {"fields": PROBLEMS, "text": PROBLEMS},
    ("get", LOGS, 400): {"fields": PROBLEMS, "text": PROBLEMS},
    ("post", TOKEN, 400): {"fields": PROBLEMS, "text": PROBLEMS},
    ("post", TOKEN, 401): {
        "login_2fa_token": "asked for here like at the older login; documented there only"
    },
    ("post", LOGIN, 400): {"fields": PROBLEMS, "text": PROBLEMS},
    ("post", LOGIN, 200): {"refresh_token": "answered when asked for by ?refresh_token=true (hub-tool)"},
    ("post", TWO_FACTOR, 400): {"fields": PROBLEMS, "text": PROBLEMS},
    ("get", REPOSITORY, 429): {"error": "in the document's example for a 429"},
    ("post", TOKEN, 429): {"error": "in the document's example for a 429"},
    ("get", LOGS, 429): {"detail": "that schema describes nothing", "error": "that schema describes nothing"},
}

# Documented fields that no answer of the sandbox has.
NO_LAYERS = "layers are not part of live tags"
NEW_AND_EMPTY = "a new repository has no categories"
NEVER_ANSWERED: dict[tuple[str, str], dict[str, str]] = {
    ("get", TAGS): dict.fromkeys(
        (f"results.images.layers{part}" for part in ("", ".digest", ".instruction", ".size")), NO_LAYERS
    ),
    ("get", TAG): dict.fromkeys(
        (f"images.layers{part}" for part in ("", ".digest", ".instruction", ".size")), NO_LAYERS
    ),
    ("post", REPOSITORIES): dict.fromkeys(("categories.name", "categories.slug"), NEW_AND_EMPTY),
}

# Routes without an operation in the document, and those whose answers they share.
OLDER = {
    "/v2/repositories/{namespace}": REPOSITORIES,
    "/v2/repositories/{namespace}/": REPOSITORIES,
    "/v2/repositories/{namespace}/{repository}": REPOSITORY,
    "/v2/repositories/{namespace}/{repository}/": REPOSITORY,
}


class Situation(NamedTuple):
    """A request, and the operation and status it must be answered by."""

    who: str | None
    method: str
    operation: str
    path: str
    status: int
    body: dict[str, Any] | None = None


def reading(operation: str, path: str, *answers: tuple[str | None, int]) -> Iterator[Situation]:
    for who, status in answers:
        yield Situation(who, "get", operation, path, status)


def checking(operation: str, path: str, *answers: tuple[str | None, int]) -> Iterator[Situation]:
    for situation in reading(operation, path, *answers):
        yield situation
        yield situation._replace(method="head")


LIBRARY, ACME, BIG = (f"/v2/namespaces/{name}/repositories" for name in ("library", "acme", "bigcorp"))
OWN_TOKEN, ORG_TOKEN = "{own}", "{organization}"
NEW = {"name": "new-thing", "namespace": "acme"}
SITUATIONS = [
    Situation(None, "post", TOKEN, TOKEN, 200, {"identifier": "ada", "secret": "dckr_pat_sandbox_admin"}),
    Situation(None, "post", TOKEN, TOKEN, 401, {"identifier": "ada", "secret": "wrong"}),
    Situation(None, "post", TOKEN, TOKEN, 401, {"identifier": "grace", "secret": "sandbox-password-grace"}),
    Situation(None, "post", TOKEN, TOKEN, 400, {}),
    Situation(None, "post", LOGIN, LOGIN, 200, {"username": "ada", "password": "sandbox-password-ada"}),
    Situation(
        None,
        "post",
        LOGIN,
        f"{LOGIN}?refresh_token=true",
        200,
        {"username": "ada", "password": "sandbox-password-ada"},
    ),
    Situation(None, "post", LOGIN, LOGIN, 401, {"username": "acme", "password": "x"}),
    Situation(None, "post", LOGIN, LOGIN, 401, {"username": "grace", "password": "sandbox-password-grace"}),
    Situation(None, "post", LOGIN, LOGIN, 400, {"username": "ada"}),
    Situation(None, "post", TWO_FACTOR, TWO_FACTOR, 200, {"login_2fa_token": "{ticket}", "code": "012345"}),
    Situation(None, "post", TWO_FACTOR, TWO_FACTOR, 401, {"login_2fa_token": "x", "code": "012345"}),
    Situation(None, "post", TWO_FACTOR, TWO_FACTOR, 400, {}),
    *reading(REPOSITORIES, f"{LIBRARY}?page_size=100", (None, 200), ("owner", 200), ("bad", 401)),
    *reading(REPOSITORIES, f"{ACME}?page_size=100", ("owner", 200), ("org-token", 200), ("outsider", 200)),
    *reading(REPOSITORIES, f"{BIG}?page=2", (None, 200), ("owner", 200)),
    *reading(REPOSITORIES, f"{BIG}?page=3&page_size=100", (None, 403), ("owner", 200)),
    *reading(REPOSITORIES, f"{BIG}?page=99", ("owner", 404)),
    *reading(REPOSITORIES, "/v2/repositories/library/", (None, 200), ("org-token", 403)),
    *reading(REPOSITORIES, "/v2/repositories/acme", ("owner", 200), ("bad", 401)),
    *reading(REPOSITORIES, f"{LIBRARY}?ordering=stars", (None, 400)),
    *reading(REPOSITORIES, f"{LIBRARY}?page=0", (None, 400)),
    Situation("owner", "post", REPOSITORIES, ACME, 201, NEW | {"description": "x", "is_private": True}),
    Situation("owner", "post", REPOSITORIES, ACME, 400, NEW | {"name": "storefront"}),
    Situation("owner", "post", REPOSITORIES, ACME, 400, NEW | {"name": "Upper"}),
    Situation(None, "post", REPOSITORIES, ACME, 401, NEW),
    Situation("reader-pat", "post", REPOSITORIES, ACME, 403, NEW),
    Situation(
        "owner", "post", REPOSITORIES, ACME.replace("acme", "nobody"), 404, NEW | {"namespace": "nobody"}
    ),
    *checking(REPOSITORY, f"{LIBRARY}/redis", (None, 200), ("owner", 200), ("org-token", 200), ("bad", 401)),
    *checking(REPOSITORY, f"{ACME}/storefront", (None, 404), ("owner", 200), ("org-token-narrow", 200)),
    *reading(REPOSITORY, f"{ACME}/next-generation", (None, 200)),
    *reading(REPOSITORY, f"{ACME}/attic", (None, 200)),
    *reading(REPOSITORY, f"{ACME}/volume-driver", (None, 200)),
    *checking(REPOSITORY, "/v2/repositories/library/redis/", (None, 200), ("org-token", 403)),
    *checking(REPOSITORY, "/v2/repositories/acme/storefront", (None, 404)),
    *checking(TAGS, f"{LIBRARY}/redis/tags?page_size=100", (None, 200), ("owner", 200), ("bad", 401)),
    *reading(TAGS, f"{LIBRARY}/redis/tags?page_size=100&ordering=-last_updated", (None, 200)),
    *reading(TAGS, f"{LIBRARY}/redis/tags?page_size=100&page=11", (None, 403), ("owner", 200)),
    *reading(TAGS, f"{LIBRARY}/redis/tags?page_size=100&page=99", ("owner", 404)),
    *reading(TAGS, f"{LIBRARY}/redis/tags?ordering=stars", (None, 400)),
    *checking(TAGS, f"{ACME}/storefront/tags", (None, 404), ("owner", 200), ("org-token-narrow", 200)),
    *reading(TAGS, f"{ACME}/next-generation/tags", (None, 200)),
    *checking(TAG, f"{LIBRARY}/golang/tags/latest", (None, 200), ("bad", 401)),
    *checking(TAG, f"{LIBRARY}/redis/tags/2.6.17", (None, 200)),
    *checking(TAG, f"{ACME}/charts/tags/0.9.1", (None, 200)),
    *checking(TAG, f"{LIBRARY}/redis/tags/nope", (None, 404)),
    *reading(
        PATS, PATS, ("owner", 200), ("member", 200), (None, 401), ("owner-pat", 403), ("org-token", 403)
    ),
    *reading(PATS, f"{PATS}?page=x", ("owner", 400)),
    *reading(PAT, f"{PATS}/{OWN_TOKEN}", ("owner", 200), (None, 401), ("member", 404), ("owner-pat", 403)),
    *reading(
        OATS, "/v2/orgs/acme/access-tokens", ("owner", 200), (None, 401), ("member", 403), ("org-token", 403)
    ),
    *reading(OATS, "/v2/orgs/nope/access-tokens", ("owner", 404)),
    *reading(OATS, "/v2/orgs/acme/access-tokens?page=x", ("owner", 400)),
    *reading(
        OAT, f"/v2/orgs/acme/access-tokens/{ORG_TOKEN}", ("owner", 200), (None, 401), ("owner-pat", 403)
    ),
    *reading(OAT, "/v2/orgs/acme/access-tokens/nope", ("owner", 404)),
    *reading(MEMBERS, "/v2/orgs/acme/members?type=all", ("owner", 200), ("org-token", 200), (None, 401)),
    *reading(
        MEMBERS, "/v2/orgs/acme/members", ("owner-pat", 403), ("member", 403), ("org-token-narrow", 403)
    ),
    *reading(MEMBERS, "/v2/orgs/acme/members?role=king", ("owner", 400)),
    *reading(MEMBERS, "/v2/orgs/acme/members?page=9", ("owner", 404)),
    *reading(MEMBERS, "/v2/orgs/nope/members", ("owner", 404)),
    *reading(
        GROUPS, "/v2/orgs/acme/groups", ("owner", 200), ("org-token", 200), (None, 401), ("owner-pat", 403)
    ),
    *reading(GROUPS, "/v2/orgs/acme/groups?page=9", ("owner", 404)),
    *reading(GROUPS, "/v2/orgs/acme/groups?page=x", ("owner", 400)),
    *reading(GROUPS, "/v2/orgs/nope/groups", ("owner", 404)),
    *reading(
        SETTINGS, "/v2/orgs/acme/settings", ("owner", 200), (None, 401), ("org-token", 403), ("member", 403)
    ),
    *reading(SETTINGS, "/v2/orgs/nope/settings", ("owner", 404)),
    *reading(LOGS, "/v2/auditlogs/acme?page_size=100", ("owner", 200), ("org-token", 200), (None, 401)),
    *reading(LOGS, "/v2/auditlogs/acme", ("owner-pat", 403), ("member", 403)),
    *reading(LOGS, "/v2/auditlogs/acme?from=x", ("owner", 400)),
    *reading(LOGS, "/v2/auditlogs/nope", ("owner", 404)),
    *reading(ACTIONS, "/v2/auditlogs/acme/actions", ("owner", 200), (None, 401), ("owner-pat", 403)),
]
LIMITED_SITUATIONS = [
    *reading(REPOSITORY, f"{LIBRARY}/redis", (None, 429)),
    *reading(LOGS, "/v2/auditlogs/acme", (None, 429)),
    Situation(None, "post", TOKEN, TOKEN, 429, {"identifier": "ada", "secret": "x"}),
]


@cache
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    return loaded


def followed(node: dict[str, Any]) -> dict[str, Any]:
    """What a reference inside the document stands for."""
    while "$ref" in node:
        found: Any = document()
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        node = found
    return node


def described(situation: Situation) -> dict[str, Any] | None:
    """The schema for an answer's body; nothing when the answer has no body."""
    responses = document()["paths"][situation.operation][situation.method]["responses"]
    response = responses.get(str(situation.status), responses.get("default"))
    if situation.method == "head":
        return None
    if response is None:
        return {"$ref": ERROR}
    schema: dict[str, Any] = followed(response)["content"]["application/json"]["schema"]
    return schema


def is_documented(situation: Situation) -> bool:
    responses = document()["paths"][situation.operation][situation.method]["responses"]
    return str(situation.status) in responses or "default" in responses


CHECKER = FormatChecker(formats=())
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@CHECKER.checks("date-time", raises=ValueError)
def is_date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return bool(RFC3339.fullmatch(value)) and bool(datetime.fromisoformat(value))


def problems(schema: dict[str, Any], body: object) -> list[str]:
    """Where a body breaks its schema."""
    resource = DRAFT202012.create_resource(document())
    registry: Registry[Any] = Registry().with_resource(URI, resource)
    # The base lets references inside the schema find the document.
    based = {"$id": URI + ":part", "allOf": [absolute(schema)]}
    validator = Draft202012Validator(based, registry=registry, format_checker=CHECKER)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]


def absolute(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: URI + value if key == "$ref" and isinstance(value, str) else absolute(value)
            for key, value in node.items()
        }
    return [absolute(entry) for entry in node] if isinstance(node, list) else node


def properties(schema: dict[str, Any]) -> dict[str, Any]:
    """The properties of an object's schema, with those of the parts it is put together from."""
    schema = followed(schema)
    found = dict(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        found |= properties(part)
    return found


def fields(schema: dict[str, Any], body: Any, where: str = "") -> tuple[set[str], set[str]]:
    """The fields of a body that the schema knows, and those it does not."""
    schema = followed(schema)
    known: set[str] = set()
    unknown: set[str] = set()
    if isinstance(body, list):
        for entry in body:
            inner = fields(schema.get("items", {}), entry, where)
            known |= inner[0]
            unknown |= inner[1]
    elif isinstance(body, dict) and "additionalProperties" not in schema:
        for name, value in body.items():
            path = f"{where}.{name}" if where else name
            if name not in properties(schema):
                unknown.add(path)
                continue
            known.add(path)
            inner = fields(properties(schema)[name], value, path)
            known |= inner[0]
            unknown |= inner[1]
    return known, unknown


def leaves(schema: dict[str, Any], where: str = "") -> set[str]:
    """All fields a schema knows, with those inside of them."""
    schema = followed(schema)
    if "items" in schema:
        return leaves(schema["items"], where)
    found: set[str] = set()
    for name, inner in properties(schema).items():
        path = f"{where}.{name}" if where else name
        found |= {path} | leaves(inner, path)
    return found


@asynccontextmanager
async def opened(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=sandbox.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    # No limits, since some tests run through all situations in one go.
    async with opened(Sandbox(anonymous_limit=None, signed_in_limit=None)) as client:
        yield client


@pytest.fixture
async def limited() -> AsyncIterator[httpx.AsyncClient]:
    async with opened(Sandbox(anonymous_limit=0)) as client:
        yield client


async def sent(client: httpx.AsyncClient, situation: Situation) -> httpx.Response:
    """The answer to a situation."""
    headers = {}
    sandbox = Sandbox()
    if situation.who == "bad":
        headers["Authorization"] = "Bearer x.y.z"
    elif situation.who is not None:
        who = sandbox.identity(situation.who)
        login = await client.post(TOKEN, json={"identifier": who.username, "secret": who.secret})
        headers["Authorization"] = f"Bearer {login.json()['access_token']}"
    path = situation.path.replace(OWN_TOKEN, sandbox.state.personal_access_tokens[0].uuid)
    path = path.replace(ORG_TOKEN, sandbox.state.organizations["acme"].access_tokens[0].id)
    body = situation.body
    if body and body.get("login_2fa_token") == "{ticket}":
        asked = await client.post(TOKEN, json={"identifier": "grace", "secret": "sandbox-password-grace"})
        body = body | {"login_2fa_token": asked.json()["login_2fa_token"]}
    return await client.request(situation.method.upper(), path, headers=headers, json=body)


def judge(situation: Situation, answer: httpx.Response) -> None:
    key = (situation.method, situation.operation, situation.status)
    assert answer.status_code == situation.status
    assert is_documented(situation) != (key in UNDOCUMENTED)
    schema = described(situation)
    if schema is None:
        assert answer.content == b""
        return
    assert answer.headers["content-type"] == "application/json"
    assert problems(schema, answer.json()) == []
    assert fields(schema, answer.json())[1] - set(UNDESCRIBED.get(key, {})) == set()


def name(situation: Situation) -> str:
    return f"{situation.who or 'nobody'}-{situation.method}-{situation.path}-{situation.status}"


@pytest.mark.parametrize("situation", SITUATIONS, ids=name)
async def test_an_answer_is_as_documented(client: httpx.AsyncClient, situation: Situation) -> None:
    judge(situation, await sent(client, situation))


@pytest.mark.parametrize("situation", LIMITED_SITUATIONS, ids=name)
async def test_a_refusal_over_the_limit_is_as_documented(
    limited: httpx.AsyncClient, situation: Situation
) -> None:
    judge(situation, await sent(limited, situation))


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        ("tag", {"images": [{"os": None}]}),
        ("tag", {"tag_status": "something-new"}),
        ("repository_info", {"name": "redis"}),
        ("repository_list_entry", {"date_registered": "2025-01-20 10:30:00"}),
        ("repository_list_entry", {"date_registered": "2025-13-20T10:30:00Z"}),
        ("paginated_tags", {"count": 1, "results": [{"name": 1}]}),
        ("getAccessTokensResponse", {"results": [{"expires_at": "soon"}]}),
    ],
)
def test_a_body_that_breaks_its_schema_is_noticed(schema: str, body: dict[str, Any]) -> None:
    assert problems({"$ref": f"#/components/schemas/{schema}"}, body) != []


def test_the_tables_of_deviations_list_what_is_needed_and_no_more() -> None:
    judged = {(s.method, s.operation, s.status): s for s in SITUATIONS + LIMITED_SITUATIONS}
    assert set(UNDOCUMENTED) == {key for key, situation in judged.items() if not is_documented(situation)}
    assert set(UNDESCRIBED) <= set(judged)


async def test_every_undescribed_field_is_answered_somewhere(
    client: httpx.AsyncClient, limited: httpx.AsyncClient
) -> None:
    met: dict[tuple[str, str, int], set[str]] = {key: set() for key in UNDESCRIBED}
    for situation in SITUATIONS + LIMITED_SITUATIONS:
        key = (situation.method, situation.operation, situation.status)
        schema = described(situation)
        if key in met and schema is not None:
            answer = await sent(limited if situation in LIMITED_SITUATIONS else client, situation)
            met[key] |= fields(schema, answer.json())[1]
    assert met == {key: set(reasons) for key, reasons in UNDESCRIBED.items()}


async def test_every_documented_field_is_answered_somewhere(client: httpx.AsyncClient) -> None:
    missing: dict[tuple[str, str], set[str]] = {}
    for situation in SITUATIONS:
        schema = described(situation)
        if situation.status in {200, 201} and schema is not None:
            key = (situation.method, situation.operation)
            answer = await sent(client, situation)
            missing[key] = missing.get(key, leaves(schema)) - fields(schema, answer.json())[0]
    assert {key: paths for key, paths in missing.items() if paths} == {
        key: set(reasons) for key, reasons in NEVER_ANSWERED.items()
    }


def test_every_route_is_documented_or_an_older_form_of_one_that_is() -> None:
    paths = {re.sub(r"{\w+}", "{}", path): operations for path, operations in document()["paths"].items()}
    for route in HUB_ROUTES:
        methods = {method.lower() for method in route.methods or ()} - {"head"}
        if route.path in OLDER:
            assert route.path not in document()["paths"]
            continue
        assert methods <= set(paths[re.sub(r"{\w+}", "{}", route.path)])


def test_every_route_is_met_by_a_situation() -> None:
    met = {(situation.method.upper(), situation.path.partition("?")[0]) for situation in SITUATIONS}
    for route in HUB_ROUTES:
        methods = (route.methods or set()) - ({"HEAD"} if "GET" in (route.methods or ()) else set())
        for method in methods:
            found = [path for seen, path in met if seen == method and route.path_regex.match(path)]
            assert found, f"{method} {route.path}"

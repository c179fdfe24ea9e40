"""A container registry with its token service and blob storage in this process, written from documents.

It answers as Docker's registry is documented to. A test replaces answers with `override`, for the quirks.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import parse_qs

import anyio
import httpx2 as httpx

from dockerhub_mcp.hub import Credentials, Hub, RetryPolicy
from dockerhub_mcp.hub.auth.credentials import CredentialSource
from dockerhub_mcp.hub.transport.pool import ConnectionPool
from dockerhub_mcp.registry import RegistryClient, RegistryServer
from tests.support.fixture_types import Clock

REGISTRY = "registry-1.docker.io"
AUTH = "auth.docker.io"
STORAGE = "production.cloudflare.docker.com"
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
STATEMENT = "application/vnd.in-toto+json"
UNAUTHORIZED = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required", "detail": []}]}

Override = Callable[[httpx.Request], httpx.Response | None]


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def make_jwt(claims: dict[str, Any]) -> str:
    def encode(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{encode({'alg': 'RS256'})}.{encode(claims)}.c2lnbmF0dXJl"


@dataclass(slots=True)
class FakeRepository:
    """The content of a repository."""

    tags: dict[str, str] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    readers: set[str] | None = None
    """The accounts that may pull; None for everybody."""

    def add_blob(self, data: Any, media_type: str, **fields: Any) -> dict[str, Any]:
        """Add a blob and return its descriptor."""
        content = data if isinstance(data, bytes) else json.dumps(data).encode()
        digest = digest_of(content)
        self.blobs[digest] = content
        return {"mediaType": media_type, "digest": digest, "size": len(content), **fields}

    def add_manifest(
        self, data: Any, media_type: str = MANIFEST, *, tag: str = "", **fields: Any
    ) -> dict[str, Any]:
        """Add a manifest, and a tag of it, and return its descriptor."""
        content = data if isinstance(data, bytes) else json.dumps(data).encode()
        digest = digest_of(content)
        self.manifests[digest] = media_type, content
        if tag:
            self.tags[tag] = digest
        return {"mediaType": media_type, "digest": digest, "size": len(content), **fields}

    def add_image(
        self, *, tag: str = "", architecture: str = "amd64", config: Any = None, layers: int = 2
    ) -> dict[str, Any]:
        """Add the image of one platform, and return its descriptor."""
        platform = {"os": "linux", "architecture": architecture}
        content = {**platform, "config": config or {"User": "app"}, "rootfs": {"type": "layers"}}
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.add_blob(content, CONFIG),
            "layers": [self.add_blob(f"{architecture}{n}".encode(), LAYER) for n in range(layers)],
        }
        return self.add_manifest(manifest, tag=tag, platform=platform)

    def add_index(self, *descriptors: dict[str, Any], tag: str = "", **fields: Any) -> dict[str, Any]:
        """Add an index, and return its descriptor."""
        data = {"schemaVersion": 2, "mediaType": INDEX, "manifests": list(descriptors), **fields}
        return self.add_manifest(data, INDEX, tag=tag)


class FakeRegistry:
    """The registry, its token service and its blob storage.

    Attributes:
        repositories: The repositories by name.
        accounts: The secrets of the accounts.
        limit: The pull limit and the pulls left; None without one.
        overrides: Give other answers than the registry, the first that returns one.
        requests: All requests that arrived.
        minted: The number of tokens that were issued.
        lifetime: The value of `expires_in`; None to leave it out.
        is_hanging: Whether requests are never answered.
        delays: Draws the delays before and after a request is processed, of at most 10 ms; None for none.
    """

    def __init__(self) -> None:
        self.repositories: dict[str, FakeRepository] = {}
        self.accounts = {"ada": "dckr_pat_correct-secret-of-ada"}
        self.limit: list[int] | None = None
        self.overrides: list[Override] = []
        self.requests: list[httpx.Request] = []
        self.minted = 0
        self.lifetime: int | None = 300
        self.is_hanging = False
        self.delays: Random | None = None
        self.clock = Clock()
        self._tokens: dict[str, tuple[str, str, bool]] = {}  # account, repository, may pull
        self.pool = ConnectionPool(timeout=5, httpx_transport=httpx.MockTransport(self._respond))
        self.server = self.create_server()

    def break_token_service(self, failure: type[httpx.TransportError]) -> list[httpx.Request]:
        """Let each request to the token service fail, and return the list of those that arrive."""
        seen: list[httpx.Request] = []

        def fail(request: httpx.Request) -> httpx.Response | None:
            if request.url.host != AUTH:
                return None
            seen.append(request)
            msg = "broken"
            raise failure(msg, request=request)

        self.overrides.append(fail)
        return seen

    def create_server(self, **options: Any) -> RegistryServer:
        settings: dict[str, Any] = {
            "timeout": 5,
            "retry_policy": RetryPolicy(base_delay=0.001, max_delay=0.01),
            "clock": self.clock,
        }
        return RegistryServer(self.pool, **(settings | options))

    def create_hub(self, credentials: CredentialSource | None = None, **options: Any) -> Hub:
        return Hub(credentials, base_url="http://localhost", pool=self.pool, clock=self.clock, **options)

    def create_client(self, username: str = "", secret: str = "", **options: Any) -> RegistryClient:
        """Return a client with an account, whose secret is the right one unless given."""
        credentials = None
        if username:
            credentials = Credentials.from_strings(username, secret or self.accounts[username])
        hub = self.create_hub(credentials, **options)
        return RegistryClient(self.server, hub.account)

    def add_repository(self, name: str, *, readers: set[str] | None = None) -> FakeRepository:
        repository = self.repositories[name] = FakeRepository(readers=readers)
        return repository

    def override(self, path: str, *responses: httpx.Response, verb: str = "") -> None:
        """Answer requests of which the URL contains a text with these responses, the last one for ever."""
        left = list(responses)

        def answer(request: httpx.Request) -> httpx.Response | None:
            if path not in str(request.url) or verb not in {"", request.method}:
                return None
            return left.pop(0) if len(left) > 1 else left[0]

        self.overrides.insert(0, answer)

    def list_requests(self, host: str = "", verb: str = "", path: str = "") -> list[str]:
        """Return the method and path of the requests to a host."""
        return [
            f"{each.method} {each.url.raw_path.decode()}"
            for each in self.requests
            if host in {"", each.url.host} and verb in {"", each.method} and path in each.url.path
        ]

    def find_headers(self, host: str, name: str) -> list[str]:
        """Return the values of a header in the requests to a host; empty where it is missing."""
        return [each.headers.get(name, "") for each in self.requests if each.url.host == host]

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.is_hanging:
            await anyio.sleep_forever()
        if self.delays is None:
            return self._process(request)
        await anyio.sleep(self.delays.random() / 100)
        response = self._process(request)
        await anyio.sleep(self.delays.random() / 100)
        return response

    def _process(self, request: httpx.Request) -> httpx.Response:
        for override in self.overrides:
            if (response := override(request)) is not None:
                return httpx.Response(
                    response.status_code,
                    headers=[(k, v) for k, v in response.headers.items() if k != "content-length"],
                    content=response.content if request.method != "HEAD" else b"",
                )
        match request.url.host:
            case "auth.docker.io":
                return self._issue_token(request)
            case "production.cloudflare.docker.com":
                return self._send_from_storage(request)
        return self._answer(request)

    def _issue_token(self, request: httpx.Request) -> httpx.Response:
        account = ""
        if authorization := request.headers.get("authorization"):
            pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
            account, _, secret = pair.partition(":")
            if self.accounts.get(account) != secret:
                return httpx.Response(401, json={"details": "incorrect username or password"})
        repository = parse_qs(request.url.query.decode())["scope"][0].split(":")[1]
        found = self.repositories.get(repository)
        may_pull = found is not None and (found.readers is None or account in found.readers)
        access = [{"type": "repository", "name": repository, "actions": ["pull"] if may_pull else []}]
        self.minted += 1
        token = make_jwt({"access": access, "n": self.minted})
        self._tokens[token] = account, repository, may_pull
        data: dict[str, Any] = {"token": token, "access_token": token}
        if self.lifetime is not None:
            data["expires_in"] = self.lifetime
        return httpx.Response(200, json=data)

    def _send_from_storage(self, request: httpx.Request) -> httpx.Response:
        if "authorization" in request.headers:
            return httpx.Response(400, text="only one authentication mechanism is allowed")
        digest = request.url.path.rsplit("/", 1)[1]
        found = next(
            (each.blobs[digest] for each in self.repositories.values() if digest in each.blobs), None
        )
        return httpx.Response(404) if found is None else httpx.Response(200, content=found)

    def challenge(self, repository: str = "", error: str = "") -> httpx.Response:
        """Return the answer to a request without a token that allows it."""
        header = f'Bearer realm="https://{AUTH}/token",service="registry.docker.io"'
        header += f',scope="repository:{repository}:pull"' if repository else ""
        header += f',error="{error}"' if error else ""
        return httpx.Response(401, json=UNAUTHORIZED, headers={"www-authenticate": header})

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        token = self._tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if path == "/v2/":
            return self.challenge()
        name, area, rest = _split(path)
        if token is None or token[1] != name or not token[2]:
            return self.challenge(name, "" if token is None else "insufficient_scope")
        repository = self.repositories[name]
        match area:
            case "manifests":
                response = self._send_manifest(request, repository, rest)
            case "blobs":
                location = f"https://{STORAGE}/blobs/{rest}?verify=signature-4711"
                known = rest in repository.blobs
                response = httpx.Response(307, headers={"location": location}) if known else _missing("BLOB")
            case "tags":
                response = httpx.Response(200, json={"name": name, "tags": sorted(repository.tags)})
            case _:
                response = httpx.Response(404, text="404 page not found")
        if request.method == "HEAD":
            return httpx.Response(response.status_code, headers=response.headers)
        return response

    def _send_manifest(
        self, request: httpx.Request, repository: FakeRepository, reference: str
    ) -> httpx.Response:
        digest = repository.tags.get(reference, reference)
        if digest not in repository.manifests:
            return _missing("MANIFEST")
        headers = {}
        if self.limit is not None:
            if request.method == "GET":
                if self.limit[1] == 0:
                    message = (
                        "You have reached your pull rate limit. You may increase the limit by upgrading."
                    )
                    return httpx.Response(
                        429, json={"errors": [{"code": "TOOMANYREQUESTS", "message": message}]}
                    )
                self.limit[1] -= 1
            headers["ratelimit-limit"] = f"{self.limit[0]};w=21600"
            headers["ratelimit-remaining"] = f"{self.limit[1]};w=21600"
            headers["docker-ratelimit-source"] = "203.0.113.7"
        media_type, content = repository.manifests[digest]
        headers |= {"content-type": media_type, "docker-content-digest": digest}
        return httpx.Response(200, content=content, headers=headers)


def _missing(kind: str) -> httpx.Response:
    return httpx.Response(404, json={"errors": [{"code": f"{kind}_UNKNOWN", "message": "unknown"}]})


def _split(path: str) -> tuple[str, str, str]:
    """Return the repository, the area and the rest of a path."""
    parts = path.removeprefix("/v2/").split("/")
    at = next(n for n, part in enumerate(parts) if part in {"manifests", "blobs", "tags", "referrers"})
    return "/".join(parts[:at]), parts[at], "/".join(parts[at + 1 :])

"""Requests to the registry of a sandbox, for tests of its endpoints and of what it stores."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx2 as httpx

from dockerhub_mcp.sandbox import Sandbox

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
ALL_MANIFESTS = f"{OCI_INDEX}, {DOCKER_LIST}, {OCI_MANIFEST}, {DOCKER_MANIFEST}"
"""The media types that a client accepts."""


class RegistryUser:
    """A user of the registry, with a token for each repository and action."""

    def __init__(self, sandbox: Sandbox, client: httpx.AsyncClient, identity: str | None = None) -> None:
        account = sandbox.get_identity(identity) if identity else None
        self._client = client
        self._auth = (account.username, account.secret) if account else None
        self._tokens: dict[str, str] = {}

    async def fetch_token(self, *scopes: str) -> httpx.Response:
        """Request a token for scopes such as `repository:library/redis:pull`."""
        query = httpx.QueryParams({"service": "registry.docker.io", "scope": list(scopes)})
        if self._auth is None:
            return await self._client.get("/token", params=query)
        return await self._client.get("/token", params=query, auth=httpx.BasicAuth(*self._auth))

    async def send(
        self, method: str, repository: str, path: str, *, actions: str = "pull", accept: str = ALL_MANIFESTS
    ) -> httpx.Response:
        """Send a request with a token for the repository; the path starts after its name."""
        scope = f"repository:{repository}:{actions}"
        if scope not in self._tokens:
            self._tokens[scope] = (await self.fetch_token(scope)).json()["token"]
        headers = {"Authorization": f"Bearer {self._tokens[scope]}", "Accept": accept}
        return await self._client.request(method, f"/v2/{repository}/{path}", headers=headers)

    async def get(self, repository: str, path: str, **options: Any) -> httpx.Response:
        """Send a GET request."""
        return await self.send("GET", repository, path, **options)

    async def get_manifest(self, repository: str, reference: str) -> Any:
        """Return a manifest, after its digest was compared with its content."""
        response = await self.get(repository, f"manifests/{reference}")
        assert response.status_code == 200, response.text
        assert response.headers["Docker-Content-Digest"] == digest_of(response.content)
        return response.json()

    async def get_blob(self, repository: str, descriptor: dict[str, Any]) -> httpx.Response:
        """Return the bytes of a blob, after its digest and size were compared with its descriptor."""
        redirect = await self.get(repository, f"blobs/{descriptor['digest']}")
        assert redirect.status_code == 307, redirect.text
        response = await self._client.get(redirect.headers["Location"])
        assert (digest_of(response.content), len(response.content)) == (
            descriptor["digest"],
            descriptor["size"],
        )
        return response

    async def get_image(self, repository: str, tag: str, architecture: str = "amd64") -> Any:
        """Return the manifest of a platform of an index, or the manifest of a tag that has no index."""
        manifest = await self.get_manifest(repository, tag)
        if "manifests" not in manifest:
            return manifest
        digests = [
            each["digest"]
            for each in manifest["manifests"]
            if each["platform"]["architecture"] == architecture
        ]
        return await self.get_manifest(repository, digests[0])

    async def get_config(self, repository: str, tag: str, architecture: str = "amd64") -> Any:
        """Return the configuration of the image of a tag."""
        image = await self.get_image(repository, tag, architecture)
        return (await self.get_blob(repository, image["config"])).json()


def digest_of(content: bytes) -> str:
    """Return the digest of content."""
    return "sha256:" + hashlib.sha256(content).hexdigest()

"""The Hub's undocumented list of all manifests of a repository, for tests of what the sandbox stores."""

from __future__ import annotations

from typing import Any

from tests.support.sandbox_requests import RequestAs


async def list_manifests(request_as: RequestAs, repository: str) -> list[dict[str, Any]]:
    """Return all manifests of a repository, such as `milldale/signed`, as its owner."""
    namespace, _, name = repository.partition("/")
    parameters: dict[str, Any] = {"page_size": 100}
    manifests: list[dict[str, Any]] = []
    while True:
        url = f"/v2/namespaces/{namespace}/repositories/{name}/manifests"
        response = await request_as("owner", "GET", url, params=parameters)
        assert response.status_code == 200, response.text
        body = response.json()
        manifests += body["manifests"]
        if "last_evaluated_key" not in body:
            return manifests
        parameters["last_evaluated_key"] = body["last_evaluated_key"]

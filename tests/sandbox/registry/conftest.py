import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_registry import RegistryUser


@pytest.fixture
def anonymous(sandbox: Sandbox, client: httpx.AsyncClient) -> RegistryUser:
    return RegistryUser(sandbox, client)


@pytest.fixture
def owner(sandbox: Sandbox, client: httpx.AsyncClient) -> RegistryUser:
    return RegistryUser(sandbox, client, "owner")

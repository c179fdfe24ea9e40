from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dockerhub_mcp.bootstrap.validate import check_hub
from dockerhub_mcp.config import Settings
from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.auth.credentials import find_scim_token
from dockerhub_mcp.hub.auth.secret_checks import check_header_token
from dockerhub_mcp.hub.auth.secret_sources import FileSecret
from dockerhub_mcp.hub.errors import CredentialError
from dockerhub_mcp.hub.methods import ScimListUsers
from dockerhub_mcp.sandbox import Sandbox

UNSENDABLE = [
    "hush hush",
    "hush\nhush",
    "hush\r\nX-Evil: 1",
    "hush\thush",
    "hush\x00hush",
    "hush\x7fhush",
    "h\u00fcsh",
    "\u201chush\u201d",
    "hush\u200b",
    "\u043d\u0443\u0448",
    "hush\ufeffhush",
]


def test_only_visible_ascii_is_sent_in_a_header() -> None:
    for secret in UNSENDABLE:
        with pytest.raises(CredentialError, match="DOCKERHUB_SCIM_TOKEN holds ") as caught:
            check_header_token(secret, "DOCKERHUB_SCIM_TOKEN")
        assert "hush" not in str(caught.value)
    for secret in ("x", "dckr_pat_a-B_9", "a.b-c~d+e/f==", "!#$%&'*", "eyJ.x.y"):
        check_header_token(secret, "X")


def test_a_scim_token_that_cannot_be_sent_is_refused_at_the_start() -> None:
    for secret in UNSENDABLE:
        environment = {"DOCKERHUB_SCIM_TOKEN": secret}
        with pytest.raises(CredentialError):
            find_scim_token(environment)
        problems = [str(problem) for problem in check_hub(Settings(), environment)]
        assert len(problems) == 1
        assert "DOCKERHUB_SCIM_TOKEN" in problems[0]
        assert "hush" not in problems[0]


async def test_a_file_with_a_scim_token_is_checked_when_it_is_read(
    sandbox: Sandbox, make_hub: Callable[..., Hub], tmp_path: Path
) -> None:
    path = tmp_path / "token"
    hub = make_hub(scim_token=FileSecret(path, "DOCKERHUB_SCIM_TOKEN_FILE"))
    for secret in UNSENDABLE:
        path.write_text(secret, "utf-8", newline="")
        with pytest.raises(CredentialError, match="DOCKERHUB_SCIM_TOKEN_FILE") as caught:
            await hub.send(ScimListUsers())
        assert "hush" not in str(caught.value)
    assert not sandbox.requests
    path.write_text(f"{sandbox.scim_token}\n", "utf-8")
    assert (await hub.send(ScimListUsers())).Resources

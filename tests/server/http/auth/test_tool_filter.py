"""Test which tools a request has, and what its caller learns about the others."""

from __future__ import annotations

import pytest

from dockerhub_mcp.server.http.auth.tool_filter import RequestToolFilter
from dockerhub_mcp.server.http.auth.verifier import Caller
from dockerhub_mcp.server.http.headers import RequestHeaders
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog.registry import Registry, ToolDisabledError


def test_callers_of_one_name_learn_the_remedy_for_their_own_token() -> None:
    tool_filter = RequestToolFilter(Registry(access=Access.ADMIN))
    issued = Caller("ada", Access.READ)
    by_oauth = Caller(
        "ada", Access.READ, issuer="https://login.example", scopes={Access.ADMIN: "dockerhub:admin"}
    )
    for caller, remedy in (
        (issued, "only the owner"),
        (by_oauth, "dockerhub:admin"),
        (issued, "only the owner"),
    ):
        with pytest.raises(ToolDisabledError, match=remedy):
            tool_filter.registry_for(caller, RequestHeaders([])).find_tool_info("delete_tag")

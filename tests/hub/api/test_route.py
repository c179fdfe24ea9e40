from __future__ import annotations

from urllib.parse import unquote

import httpx2 as httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.hub.api.route import DELETE, GET, HEAD, PATCH, POST, PUT
from dockerhub_mcp.hub.errors import InvalidRequest
from tests.support.awkward_servers import AWKWARD
from tests.support.property_testing import examples


@pytest.mark.parametrize("value", ["", " ", ".", "..", "\t..\n"])
def test_empty_and_dot_segments_are_refused(value: str) -> None:
    with pytest.raises(InvalidRequest, match="cannot be part of a path"):
        GET("/v2/x/{name}/y").expand_path({"name": value})


@examples(60)
@given(*[st.text(max_size=40) | st.sampled_from(AWKWARD)] * 2)
def test_an_expanded_path_has_the_segments_of_its_template(one: str, other: str) -> None:
    try:
        path = GET("/v2/{one}/x/{other}").expand_path({"one": one, "other": other})
    except InvalidRequest:
        assert {one.strip(), other.strip()} & {"", ".", ".."}
        return
    _, v2, first, x, second = path.split("/")
    assert (v2, unquote(first), x, unquote(second)) == ("v2", one, "x", other)
    assert str(httpx.URL(f"http://localhost{path}").raw_path, "ascii") == path


def test_a_route_has_parameters_and_a_string_form() -> None:
    route = POST("/v2/{a}/b/{c}")
    assert route.parameters == ("a", "c")
    assert str(route) == "POST /v2/{a}/b/{c}"


def test_only_reads_are_safe() -> None:
    assert [make("/").verb for make in (GET, HEAD, POST, PUT, PATCH, DELETE) if make("/").is_safe] == [
        "GET",
        "HEAD",
    ]

"""The calls that are measured, for this server and for the minimal one."""

from __future__ import annotations

from typing import Any, NamedTuple

from benchmarks.programs import Subject
from benchmarks.wire import Question, build_call

PAGE = 100
"""Tags of a page."""
_LIBRARY = "/v2/namespaces/library/repositories"


class Call(NamedTuple):
    """A call of a tool, and the request to the Hub that it leads to.

    Attributes:
        title: The name in tables.
        tool: The tool of this server.
        arguments: The arguments of the tool.
        expected: A text that the result must contain.
        path: The path on the Hub.
        hub_expected: A text that the Hub's response must contain.
    """

    title: str
    tool: str
    arguments: dict[str, Any]
    expected: str
    path: str
    hub_expected: str

    def build_request(self, subject: Subject, generation: str) -> Question:
        """Return the request to a server, which is this one or the minimal one."""
        if subject.is_minimal:
            return build_call("get", {"path": self.path}, self.hub_expected, generation)
        return build_call(self.tool, self.arguments, self.expected, generation)


def _get_repository(name: str) -> Call:
    path, expected = f"{_LIBRARY}/{name}", f"name: {name}"
    return Call("a repository", "get_repository", {"repository": name}, expected, path, f'"name":"{name}"')


def list_tags(size: int) -> Call:
    """Return a call for the first page of tags, of a size."""
    title = f"{size} tags" if size > 1 else "1 tag"
    return _list_tags(
        title, f"page=1&page_size={size}", f"{size} of 2528 items", '"count":2528', page_size=size
    )


def _list_tags(title: str, query: str, expected: str, hub_expected: str, **arguments: Any) -> Call:
    path = f"{_LIBRARY}/redis/tags?{query}"
    return Call(title, "list_tags", {"repository": "redis", **arguments}, expected, path, hub_expected)


REPOSITORY, TEN_TAGS = _get_repository("redis"), list_tags(10)
CALLS = [
    REPOSITORY,
    Call(
        *("25 repositories", "list_repositories", {"namespace": "bigcorp"}, "25 of 230 items"),
        *("/v2/namespaces/bigcorp/repositories?page=1&page_size=25", '"count":230'),
    ),
    TEN_TAGS,
    list_tags(PAGE),
    _list_tags("tags by name", "name=8.2&page=1&page_size=25", "25 of 104 items", '"count":104', name="8.2"),
    Call(
        *("a tag", "get_tag", {"repository": "redis:8.2"}, "name: 8.2"),
        *(f"{_LIBRARY}/redis/tags/8.2", '"name":"8.2"'),
    ),
    Call(
        *("a search", "search_repositories", {"query": "redis", "size": 25}, "results (15):"),
        *("/api/search/v4?query=redis&from=0&size=25", '"redis"'),
    ),
    Call("the current user", "get_current_user", {}, "username: ada", "/v2/user/", '"username":"ada"'),
]


def list_many_tags(page: int) -> Call:
    """Return a call for a page of 100 tags of a huge repository; pages differ, so that none is cached."""
    arguments = {"repository": "many-100000", "page": page, "page_size": PAGE}
    path = f"{_LIBRARY}/many-100000/tags?page={page}&page_size={PAGE}"
    expected = f" of 100000 items, from page {page}."
    return Call("100 tags", "list_tags", arguments, expected, path, f'"made-up-{page * PAGE - 1}"')

"""The calls that are measured, as this server knows them and as the floor does."""

from __future__ import annotations

from typing import Any, NamedTuple

from benchmarks.programs import Subject
from benchmarks.wire import Question, called

PAGE = 100  # tags
_LIBRARY = "/v2/namespaces/library/repositories"


class Asked(NamedTuple):
    """A call, and the path of the Hub that it comes to; with what each answer says."""

    title: str
    tool: str
    arguments: dict[str, Any]
    says: str
    path: str
    hub_says: str

    def of(self, subject: Subject, generation: str) -> Question:
        """Return the call as this server knows it."""
        if subject.floor:
            return called("get", {"path": self.path}, self.hub_says, generation)
        return called(self.tool, self.arguments, self.says, generation)


def _repository(name: str) -> Asked:
    path, says = f"{_LIBRARY}/{name}", f"name: {name}"
    return Asked("a repository", "get_repository", {"repository": name}, says, path, f'"name":"{name}"')


def _tags(title: str, query: str, says: str, hub_says: str, **more: Any) -> Asked:
    path = f"{_LIBRARY}/redis/tags?{query}"
    return Asked(title, "list_tags", {"repository": "redis", **more}, says, path, hub_says)


REPOSITORIES = [_repository(name) for name in ("redis", "postgres", "python", "nginx")]
CALLS = [
    REPOSITORIES[0],
    Asked(
        *("25 repositories", "list_repositories", {"namespace": "bigcorp"}, "25 of 230 items"),
        *("/v2/namespaces/bigcorp/repositories?page=1&page_size=25", '"count":230'),
    ),
    _tags("10 tags", "page=1&page_size=10", "10 of 2528 items", '"count":2528', page_size=10),
    _tags("100 tags", "page=1&page_size=100", "100 of 2528 items", '"count":2528', page_size=100),
    _tags("tags by name", "name=8.2&page=1&page_size=25", "25 of 104 items", '"count":104', name="8.2"),
    Asked(
        *("a tag", "get_tag", {"repository": "redis:8.2"}, "name: 8.2"),
        *(f"{_LIBRARY}/redis/tags/8.2", '"name":"8.2"'),
    ),
    Asked(
        *("a search", "search_repositories", {"query": "redis", "size": 25}, "results (15):"),
        *("/api/search/v4?query=redis&from=0&size=25", '"redis"'),
    ),
    Asked("who is signed in", "get_current_user", {}, "username: ada", "/v2/user/", '"username":"ada"'),
]


def page_of_tags(page: int) -> Asked:
    """Return a page of 100 tags out of very many; each is another, so that none is answered from a cache."""
    arguments = {"repository": "many-100000", "page": page, "page_size": PAGE}
    path = f"{_LIBRARY}/many-100000/tags?page={page}&page_size={PAGE}"
    says = f" of 100000 items, from page {page}."
    return Asked("100 tags", "list_tags", arguments, says, path, f'"made-up-{page * PAGE - 1}"')

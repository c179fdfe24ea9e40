"""Repositories and tags with names near to one that does not exist. Their names are untrusted text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

from dockerhub_mcp.hub import CredentialKind, Hub, HubError
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.methods import (
    CheckRepository,
    ListOrganizations,
    ListRepositories,
    ListTags,
    SearchRepositories,
)
from dockerhub_mcp.tools.images.signature_tags import find_subject
from dockerhub_mcp.tools.images.target import ImageTarget

OWNER = "owner"
"""The role of owners, which see every repository of their namespace."""

_MAX_NAMES = 4
_MAX_NAMESPACES = 6
_PAGE_SIZE = 100
_CUTOFF = 0.7
_MAX_NAME_CHARS = 128
_LIBRARY = "library"


@dataclass(frozen=True, slots=True)
class NearNames:
    """Names near to one that does not exist.

    Attributes:
        likely: Those of the same repository or namespace, or of the account itself.
        others: Repositories of other publishers, which may be something else under a similar name; of tags,
            the newest.
    """

    likely: Sequence[str] = ()
    others: Sequence[str] = ()


async def read_memberships(hub: Hub, principal: Principal) -> dict[str, str]:
    """Return the namespaces of an account with its role in each: its own name, and its organizations."""
    if principal.is_anonymous:
        return {}
    memberships = {principal.username: OWNER}
    if principal.kind is not CredentialKind.OAT:
        with suppress(HubError):
            for each in (await hub.send(ListOrganizations(page_size=_PAGE_SIZE))).results:
                role = (each.model_extra or {}).get("user_role")
                memberships[each.orgname or ""] = role.lower() if isinstance(role, str) else ""
    return memberships


async def find_near_repositories(hub: Hub, target: ImageTarget, own_namespaces: Iterable[str]) -> NearNames:
    """Return repositories that may be meant, with their namespaces.

    Args:
        hub: The client.
        target: The image that was not found.
        own_namespaces: The namespaces of the account, which are searched for a name without namespace.
    """
    found: list[str] = []
    others: list[str] = []
    if target.is_official:
        for namespace in islice(filter(None, own_namespaces), _MAX_NAMESPACES):
            with suppress(HubError):
                check = CheckRepository(namespace=namespace, repository=target.repository)
                if (await hub.send(check)).exists:
                    found.append(f"{namespace}/{target.repository}")
    has_namespace = False
    with suppress(HubError):
        page = await hub.send(ListRepositories(namespace=target.namespace, page_size=_PAGE_SIZE))
        names = [repository.name for repository in page.results if repository.name]
        has_namespace = bool(names)
        found += [_join(target.namespace, name) for name in _find_close(target.repository, names)]
    if not found and (target.is_official or not has_namespace):
        with suppress(HubError):
            results = (await hub.send(SearchRepositories(words=target.repository, size=10))).results
            by_name = {(each.id or "").rpartition("/")[2]: each.id or "" for each in reversed(results)}
            others = [_familiar(by_name[name]) for name in _find_close(target.repository, by_name)]
    return NearNames(list(dict.fromkeys(found))[:_MAX_NAMES], others)


async def find_near_tags(hub: Hub, target: ImageTarget) -> NearNames:
    """Return tags with similar names; without any, the newest ones as others."""
    place = {"namespace": target.namespace, "repository": target.repository, "page_size": _PAGE_SIZE}
    stem = re.sub(r"^[vV](?=\d)|[.\-_]?[^.\-_]*$", "", target.tag)
    names: list[str] = []
    newest: list[str] = []
    with suppress(HubError):
        page = await hub.send(ListTags(**place))
        newest = [tag.name for tag in page.results if tag.name and not find_subject(tag.name)]
        names = list(newest)
        if stem and (page.count or 0) > len(page.results):
            names += [tag.name for tag in (await hub.send(ListTags(**place, name=stem))).results if tag.name]
    close = _find_close(target.tag, names)
    return NearNames(close, () if close else newest[:_MAX_NAMES])


def _find_close(name: str, candidates: Iterable[str]) -> list[str]:
    """Return the candidates closest to a name; spelling of letter case and a leading `v` count little."""
    by_key = {_fold(each): each for each in candidates if len(each) <= _MAX_NAME_CHARS}
    return [by_key[key] for key in get_close_matches(_fold(name), by_key, n=_MAX_NAMES, cutoff=_CUTOFF)]


def _fold(name: str) -> str:
    return re.sub(r"^v(?=\d)", "", name[:_MAX_NAME_CHARS].lower()).replace("_", "-")


def _join(namespace: str, name: str) -> str:
    return _familiar(f"{namespace}/{name}")


def _familiar(full_name: str) -> str:
    return full_name.removeprefix(f"{_LIBRARY}/")

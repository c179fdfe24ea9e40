"""The commands and the calls of Docker's server."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.peer.build import RECORD
from benchmarks.programs import Account, Subject
from benchmarks.questions import Call
from benchmarks.wire import Question, build_call

NAME = "peer"
"""The name of its column."""
_NEWEST_VERSION = "2025-06-18"
"""The newest protocol version that it knows."""
_WARM_UP, _QUICK_WARM_UP = 5000, 100
"""Calls, until which Node still translates parts of the server; few for a quick run."""
_ACCOUNT = Account({"HUB": "{hub}"}, {"HUB_PAT_TOKEN": "{secret}"}, ("--username={username}",))


@dataclass(frozen=True, slots=True)
class Peer:
    """Another server to compare with.

    Attributes:
        subject: Its commands.
        description: What it is, in which version.
        version: The version of the protocol that requests over HTTP name.
        translate: Returns its tool and arguments for a call of this server, or None if it has no such tool.
    """

    subject: Subject
    description: str
    version: str
    translate: Callable[[Call], tuple[str, dict[str, Any]] | None]

    def can(self, call: Call) -> bool:
        """Return whether it has a tool for a call."""
        return self.translate(call) is not None

    def build_request(self, call: Call) -> Question:
        """Return its request for a call.

        Raises:
            ValueError: It has no such tool.
        """
        translated = self.translate(call)
        if translated is None:
            msg = f"{self.description} has no tool for {call.title}"
            raise ValueError(msg)
        # It returns what the Hub sent, and so what the Hub's response must contain.
        return build_call(*translated, call.hub_expected, self.version)


def load_peer(folder: Path, *, quick: bool = False) -> Peer:
    """Return Docker's server as built in a folder by `benchmarks.peer.build`.

    Raises:
        FileNotFoundError: Nothing was built there.
    """
    record: dict[str, str] = json.loads((folder / RECORD).read_text("utf-8"))
    program = record["executable"], str(folder.resolve() / "dist" / "index.js")
    subject = Subject(
        NAME,
        (*program, "--transport=stdio"),
        (*program, "--transport=http", "--port={port}", "--allow-unauthenticated"),
        account=_ACCOUNT,
        warm_up=_QUICK_WARM_UP if quick else _WARM_UP,
    )
    description = f"docker/hub-mcp {record['commit'][:7]} on Node {record['node']}"
    return Peer(subject, description, _NEWEST_VERSION, translate_call)


def translate_call(call: Call) -> tuple[str, dict[str, Any]] | None:
    """Return the tool and the arguments of Docker's server for a call of this one, or None."""
    arguments = dict(call.arguments)
    if call.tool == "list_repositories":
        paging = {"page": 1, "page_size": 25}
        return "listRepositoriesByNamespace", {"namespace": arguments["namespace"], **paging}
    if call.tool == "search_repositories":
        return "search", arguments
    if call.tool == "get_repository":
        return "getRepositoryInfo", {"namespace": "library", **arguments}
    if call.tool == "get_tag":
        name, _, tag = str(arguments["repository"]).partition(":")
        return "getRepositoryTag", {"namespace": "library", "repository": name, "tag": tag}
    if call.tool == "list_tags" and "name" not in arguments:
        paging = {"page": 1, "page_size": 25}
        return "listRepositoryTags", {"namespace": "library", **paging, **arguments}
    return None

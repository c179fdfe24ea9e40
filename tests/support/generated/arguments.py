"""Arguments of tool calls, made at random: valid ones, and those that models, hosts and hostile clients send."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS, TOOLS_BY_NAME
from dockerhub_mcp.tools.injected_arguments import INJECTED_ARGUMENTS
from tests.support.calls import arguments_of

RAW = {
    "@huge@": "1e999",
    "@minus-huge@": "-1e999",
    "@minus-zero@": "-0",
    "@long@": "1" * 400,
    "@exponent@": "1E2",
    "@float@": "25.0",
    "@NaN@": "NaN",
    "@surrogate@": '"\\ud83d"',
    "@pair@": '"\\ud83d\\ude00"',
    "@escaped@": '"\\u0072edis"',
    "@deep@": "[" * 60 + "]" * 60,
    "@too deep@": "[" * 300 + "]" * 300,
    "@twice@": '{"repository":"nginx","repository":"redis"}',
    "@reserved@": '{"__proto__":{"x":1},"constructor":null}',
}
"""JSON texts that `json.dumps` does not write, by the text that stands for each in a generated value."""

ODD_VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        3,
        25,
        100,
        101,
        2**31,
        2**53,
        2**63,
        2**64,
        -(2**63),
        1.0,
        0.5,
        -0.0,
        1e300,
    ),
    *(
        "",
        " ",
        "a",
        "redis",
        "redis:8.2",
        "acme/storefront",
        "library/redis@sha256:" + "0a" * 32,
        "null",
        "true",
        "25",
    ),
    *(
        "..",
        "../..",
        "/",
        "a/b/c",
        "%2e%2e",
        "?x=1#y",
        "a\nb",
        "ü",
        ";",
        "\\",
        "\x00",
        "\x7f",
        "\u2028",
        "\ufeff",
        "😀",
    ),
    *(
        "x" * 300,
        "x" * 5000,
        "' OR 1=1 --",
        "<script>",
        "{{7*7}}",
        "docker.io/library/redis:8.2",
        '"quoted"',
        "`x`",
    ),
    *([], ["redis"], [1, None, "x"], [[]], {}, {"a": 1}, {"repository": "redis"}, {"": None}, *RAW),
)
COSTLY = frozenset(
    {
        "compare_images",
        "explain_pull",
        "export_org_members",
        "find_tags",
        "inspect_image",
        "list_hardened_images",
        "pin_images",
        "plan_tag_cleanup",
        "review_access",
        "review_tokens",
        "summarize_repositories",
        "what_can_i_do",
    }
)
"""Tools whose calls send many requests to the Hub: called rarely."""

_SIGN_INS = frozenset({"create_auth_token", "login", "complete_2fa_login"})
READS = tuple(tool.name for tool in ALL_TOOLS if tool.access is Access.READ and tool.name not in _SIGN_INS)
WRITES = tuple(tool.name for tool in ALL_TOOLS if tool.access is not Access.READ)
_CHEAP = tuple(name for name in READS if name not in COSTLY)
_SMALLER: dict[str, dict[str, Any]] = {
    "find_tags": {"repository": "acme/storefront", "version": "<8", "limit": 3},
    "plan_tag_cleanup": {"repository": "milldale/shared-index", "older_than": "180d"},
}
"""Calls that read fewer pages than those that documents show."""
_WALKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_tags", {"repository": "redis"}),
    ("list_tags", {"repository": "acme/storefront", "page_size": 10}),
    ("list_org_members", {"org_name": "acme", "page_size": 5}),
    ("list_audit_logs", {"account": "acme", "page_size": 20}),
    ("search_repositories", {"query": "nginx", "page_size": 5}),
    ("list_repositories", {"namespace": "acme", "page_size": 3}),
)
_HUB_MCP_READS = (
    *("listRepositoriesByNamespace", "getRepositoryInfo", "checkRepository", "listRepositoryTags"),
    *("getRepositoryTag", "checkRepositoryTag", "listNamespaces", "search", "dockerHardenedImages"),
)
_HUB_MCP_ARGUMENTS: dict[str, Any] = {
    "namespace": "library",
    "repository": "redis",
    "tag": "8.2",
    "query": "nginx",
    "organisation": "acme",
    "page_size": 3,
}
_REPOSITORIES = (
    "redis",
    "nginx",
    "acme/storefront",
    "acme/base-images",
    "library/redis",
    "acme/nothing-here",
)


class ArgumentGenerator:
    """Makes tool calls that change nothing on the Hub."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._samples = arguments_of(Sandbox()) | _SMALLER

    def choose_read(self) -> str:
        """Return the name of a tool that only reads."""
        return self._random.choice(READS if self._random.random() < 0.04 else _CHEAP)

    def build_valid(self, tool: str) -> dict[str, Any]:
        """Return arguments that the tool accepts, with some of the optional ones."""
        arguments = copy.deepcopy(self._samples.get(tool, {}))
        properties = TOOLS_BY_NAME[tool].input_schema["properties"]
        if "repository" in properties and tool not in COSTLY and self._random.random() < 0.3:
            arguments["repository"] = self._random.choice(_REPOSITORIES)
        for name in self._random.sample(sorted(properties), min(2, len(properties))):
            if name not in arguments and self._random.random() < 0.4:
                value = self._build_from_schema(properties[name])
                if value is not None:
                    arguments[name] = value
        return arguments

    def build_walk(self) -> tuple[str, dict[str, Any]]:
        """Return a call that reads several pages, and so reports progress."""
        tool, arguments = self._random.choice(_WALKS)
        return tool, arguments | {"max_items": self._random.choice([101, 150, 250])}

    def build_hub_mcp_call(self) -> tuple[str, dict[str, Any]]:
        """Return a call of a tool of docker/hub-mcp, whose names only some servers know."""
        names = self._random.sample(sorted(_HUB_MCP_ARGUMENTS), self._random.randint(2, 6))
        arguments = {name: _HUB_MCP_ARGUMENTS[name] for name in names}
        return self._random.choice(_HUB_MCP_READS), arguments

    def build_odd(self, tool: str) -> Any:
        """Return arguments with one thing wrong or unusual."""
        arguments: dict[str, Any] = self.build_valid(tool)
        properties = TOOLS_BY_NAME[tool].input_schema["properties"]
        name = self._random.choice(sorted(properties) or ["x"])
        odd = self._random.choice(ODD_VALUES)
        changes: list[Any] = [
            arguments | {name: odd},
            arguments | {name: odd},
            arguments | {name: str(arguments.get(name, odd))},
            {key: value for key, value in arguments.items() if key != name},
            arguments | {self._random.choice(["x", "repo", "Repository", "", "pageSize", "__class__"]): odd},
            arguments | {self._random.choice(sorted(INJECTED_ARGUMENTS)): odd},
            arguments
            | {"fields": self._random.choice([["name"], ["nothing"], "name", [], [1], "*", "name,digest"])},
            arguments | {"detail": self._random.choice(["full", "brief", "summary", "FULL", 1])},
            {name: odd},
        ]
        return self._random.choice(changes)

    def build_mutation(self) -> tuple[str, Any]:
        """Return a call of a tool that may change something, which cannot do so: a preview, or an invalid call."""
        tool = self._random.choice(WRITES)
        if "dry_run" in TOOLS_BY_NAME[tool].input_schema["properties"] and self._random.random() < 0.5:
            return tool, self.build_valid(tool) | {"dry_run": True}
        return tool, self._random.choice([{}, {"no_such_argument": 1}, None, "[]"])

    def _build_from_schema(self, schema: dict[str, Any]) -> Any:
        if "enum" in schema:
            return self._random.choice(schema["enum"])
        if schema.get("type") == "integer":
            return self._random.randint(schema.get("minimum", 1), min(schema.get("maximum", 5), 5))
        if schema.get("type") == "boolean":
            return self._random.random() < 0.5
        return None

"""The methods that read, and the items in the answers of the Hub to those that list."""

from __future__ import annotations

from typing import Any

from dockerhub_mcp.hub.api.enums import Effect
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.hub.models import Page
from dockerhub_mcp.tools.catalog.all_tools import TOOLS_BY_NAME
from dockerhub_mcp.tools.results.projection import get_item_model

READING = [method for method in ALL_METHODS if method.effect is Effect.READ]
SELECTING = [method for method in READING if TOOLS_BY_NAME[method.tool_name].item_model]
CONTAINERS = ("results", "logs", "data", "Resources")
NOT_JSON = {"export_org_members", "list_hardened_images"}  # made of CSV and of GraphQL
ANSWERED_IN_JSON = [method for method in SELECTING if method.tool_name not in NOT_JSON]
LISTING = [
    method
    for method in ANSWERED_IN_JSON
    if get_item_model(method.get_result_type()) is not method.get_result_type()
]


def named(method: type[Method[Any]]) -> str:
    return method.tool_name


def items_of(method: type[Method[Any]], body: Any) -> list[dict[str, Any]]:
    """Return the items in the body of a response."""
    result = method.get_result_type()
    found: list[dict[str, Any]] = [body]
    if issubclass(result, Page):
        found = body if isinstance(body, list) else next(body[name] for name in CONTAINERS if name in body)
    elif result.items_field:
        found = body[result.items_field]
    return found

"""List the namespaces that the account is a member of: its own, and those of its organizations."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.methods import GetCurrentUser, ListOrganizations
from dockerhub_mcp.hub.models import HubModel, Organization
from dockerhub_mcp.hub.models.base import ItemList
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.hub_mcp.naming import NAMESPACES_TOOL_NAME, OWN_TOOLS
from dockerhub_mcp.tools.results.sanitize import error_text
from dockerhub_mcp.tools.workflows.base import Workflow, WorkflowResult, WorkflowTool

_MAX_ORGANIZATIONS = 1000


class MemberNamespace(HubModel):
    """A namespace; `kind` is personal or organization, `role` that of the user in the organization."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("namespace",)
    summary_fields: ClassVar[tuple[str, ...]] = ("namespace", "kind", "role")

    namespace: str | None = None
    kind: str | None = None
    role: str | None = None


class MemberNamespaces(ItemList):
    """The namespaces of an account, its own first."""

    summary_fields: ClassVar[tuple[str, ...]] = ("results",)
    items_field = "results"

    results: list[MemberNamespace] = Field(default_factory=list)


class ListAllNamespacesMemberOf(Workflow):
    """List all namespaces of the signed-in account: its own, then its organizations with the role in each."""

    tool_name: ClassVar[str] = NAMESPACES_TOOL_NAME
    title = "List all namespaces of the account"
    methods = (GetCurrentUser, ListOrganizations)
    optional_methods = (ListOrganizations,)
    result_type = MemberNamespaces

    async def run(self, context: ToolContext) -> WorkflowResult:
        """Read the account and its organizations; an organization's token has only the organization."""
        hub = context.hub
        user = await hub.send(GetCurrentUser())
        if hub.principal.kind is CredentialKind.OAT:
            own = MemberNamespace(namespace=user.username, kind="organization")
            return WorkflowResult(MemberNamespaces(results=[own]), ["An organization's token has no other."])
        namespaces = [MemberNamespace(namespace=user.username, kind="personal")]
        organizations, reason = await _read_organizations(context)
        for each in organizations:
            role: Any = (each.model_extra or {}).get("user_role")
            name = each.orgname or each.username
            namespaces.append(MemberNamespace(namespace=name, kind="organization", role=role))
        return WorkflowResult(MemberNamespaces(results=namespaces), partial_reason=reason)


class _NamespacesTool(WorkflowTool):
    """The tool that lists all namespaces of the account."""

    @property
    def called_tools(self) -> tuple[str, ...]:
        """The names of the tools that read the account and its organizations."""
        return OWN_TOOLS[self.name]


def build_namespaces_tool() -> WorkflowTool:
    """Return the tool."""
    return _NamespacesTool(ListAllNamespacesMemberOf)


async def _read_organizations(context: ToolContext) -> tuple[list[Organization], str]:
    """Return the organizations, and why they are not all of them; empty where they are."""
    try:
        page = await context.hub.paginate(
            ListOrganizations(page_size=100),
            max_items=_MAX_ORGANIZATIONS,
            timeout=context.result_options.pagination_timeout,
            on_progress=context.on_progress,
        )
    except HubError as error:
        return [], f"the organizations could not be read: {error_text(error)}"
    if page.error is not None:
        return page.results, f"the organizations were not all read: {error_text(page.error)}"
    is_cut = page.next_page is not None
    return page.results, f"only the first {_MAX_ORGANIZATIONS} organizations were read." if is_cut else ""

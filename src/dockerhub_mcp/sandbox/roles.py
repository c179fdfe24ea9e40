"""The roles of members and teams: those every organization has, and its own."""

from dockerhub_mcp.sandbox.state import OrganizationRecord

BUILT_IN_ROLES = {"owner": "Owner", "editor": "Editor", "member": "Member"}


def get_assignable_roles(organization: OrganizationRecord) -> tuple[str, ...]:
    """All roles that can be given in an organization."""
    return (*BUILT_IN_ROLES, *organization.custom_roles)


def format_role(role: str) -> str:
    """A role as members show it: the common ones with a capital, an organization's own as they are."""
    return BUILT_IN_ROLES.get(role, role)

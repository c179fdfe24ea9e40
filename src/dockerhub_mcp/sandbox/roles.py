"""The roles of members and teams: those every organization has, and its own."""

from dockerhub_mcp.sandbox.state import Organization

ROLES = {"owner": "Owner", "editor": "Editor", "member": "Member"}


def known_roles(organization: Organization) -> tuple[str, ...]:
    """All roles that can be given in an organization."""
    return (*ROLES, *organization.custom_roles)


def shown_role(role: str) -> str:
    """A role as members show it: the common ones with a capital, an organization's own as they are."""
    return ROLES.get(role, role)

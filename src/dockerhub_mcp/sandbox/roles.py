"""The roles of members and teams: three built-in ones, and the custom roles of an organization."""

from dockerhub_mcp.sandbox.state import OrganizationRecord

BUILT_IN_ROLES = {"owner": "Owner", "editor": "Editor", "member": "Member"}


def get_assignable_roles(organization: OrganizationRecord) -> tuple[str, ...]:
    """Return all roles that an organization can assign."""
    return (*BUILT_IN_ROLES, *organization.custom_roles)


def format_role(role: str) -> str:
    """Return a role as lists of members show it: built-in roles are capitalized."""
    return BUILT_IN_ROLES.get(role, role)

"""The sample data of a new sandbox."""

from dockerhub_mcp.sandbox.data import acme, bigcorp, community, fernhill, library, milldale, people, quayside
from dockerhub_mcp.sandbox.data.audit_events import build_audit_events
from dockerhub_mcp.sandbox.state import SandboxState


def build_sample_state(now: float) -> SandboxState:
    """Return a new state with times relative to `now`, in seconds since the epoch."""
    organizations = [
        acme.build_organization(now),
        bigcorp.build_organization(now),
        fernhill.build_organization(now),
        library.build_organization(now),
        *quayside.build_organizations(now),
        *community.build_publishers(now),
        milldale.build_organization(now),
    ]
    state = SandboxState(
        users=people.build_users(now),
        organizations={organization.name: organization for organization in organizations},
        personal_access_tokens=people.build_personal_access_tokens(now),
        audit_events=build_audit_events(now),
    )
    for namespace in (library, acme, people, community, bigcorp, fernhill, quayside, milldale):
        for repository in namespace.build_repositories(now):
            state.add_repository(repository)
    return state

"""Build the state that replicas share, from the settings of the store."""

from __future__ import annotations

from collections.abc import Mapping

from dockerhub_mcp.config import Settings
from dockerhub_mcp.shared.keys import KeyRing
from dockerhub_mcp.shared.local import LocalState
from dockerhub_mcp.shared.state import SharedState
from dockerhub_mcp.tools.cleanup.store import PlanStore

STORE_URL_ENV = "DOCKERHUB_MCP_STORE_URL"


def has_store(settings: Settings, environment: Mapping[str, str]) -> bool:
    """Tell whether the settings name a store that replicas share."""
    return bool(settings.store_url_file or environment.get(STORE_URL_ENV, "").strip())


def build_shared_state(settings: Settings, environment: Mapping[str, str]) -> SharedState:  # noqa: ARG001
    """Return the state in the store that the settings name; in the memory of this process without one."""
    return LocalState()


def build_shared_plans(state: SharedState, keys: KeyRing) -> PlanStore:
    """Return the plans of clean-ups in the store."""
    from dockerhub_mcp.shared.plans import SharedPlans  # noqa: PLC0415 - few servers have a store

    return PlanStore(SharedPlans(state, keys))

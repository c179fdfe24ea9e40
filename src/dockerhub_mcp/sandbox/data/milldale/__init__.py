"""The sample organization `milldale`, which has tags to clean up; ada owns it."""

from dockerhub_mcp.sandbox.data.milldale.organization import NAMESPACE, build_organization, build_repositories

__all__ = ["NAMESPACE", "build_organization", "build_repositories"]

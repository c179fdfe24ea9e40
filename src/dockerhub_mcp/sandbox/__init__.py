"""The sandbox: an embedded, stateful Docker Hub for first steps, demos and tests."""

from dockerhub_mcp.sandbox.app import Sandbox
from dockerhub_mcp.sandbox.data.identities import Identity
from dockerhub_mcp.sandbox.faults import DroppedConnectionError, Fault, Faults
from dockerhub_mcp.sandbox.request_log import RecordedRequest
from dockerhub_mcp.sandbox.serve import serve, serve_async
from dockerhub_mcp.sandbox.state import SandboxState

__all__ = [
    "DroppedConnectionError",
    "Fault",
    "Faults",
    "Identity",
    "RecordedRequest",
    "Sandbox",
    "SandboxState",
    "serve",
    "serve_async",
]

"""Name the entries that the middleware adds to an ASGI scope."""

from __future__ import annotations

CONTEXT_KEY = "dockerhub_mcp.context"
"""The `RequestContext`, added by authentication."""

CONNECTION_KEY = "dockerhub_mcp.connection"
"""The `ConnectionState` of the connection, in the `state` that the server passes with each request."""

LIMIT_KEY = "dockerhub_mcp.limit_key"
"""The string under which a caller's calls are counted, added by authentication."""

MESSAGE_KEY = "dockerhub_mcp.message"
"""The parsed JSON-RPC message of a POST, added by the body limit."""

AUTHENTICATED_KEY = "dockerhub_mcp.authenticated"
"""The `AuthenticatedRequest`, added by authentication."""

BODY_KEY = "dockerhub_mcp.body"
"""The body of a POST as bytes, added by the body limit."""

HEADERS_KEY = "dockerhub_mcp.headers"
"""The `RequestHeaders`, added when they are first needed."""

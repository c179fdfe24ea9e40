"""An MCP server that gives an AI agent the Docker Hub API."""

__version__ = "0.1.0"

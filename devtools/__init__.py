"""Tools for developing dockerhub-mcp; none of them is installed with the package."""

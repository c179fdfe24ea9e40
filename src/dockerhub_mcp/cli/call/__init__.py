"""The tools for a person at a shell: `dockerhub-mcp call TOOL`, on the same road as an agent's call."""

"""The command `dockerhub-mcp cleanup`: plan and apply the clean-up of repositories by rules."""

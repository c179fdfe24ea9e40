"""MCP prompts: tasks that users choose from a menu."""

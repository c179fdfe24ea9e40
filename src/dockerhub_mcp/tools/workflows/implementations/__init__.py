"""What the workflows do: one module each, named like the tool, and imported with its first call.

Each module has a coroutine function `run(call, context)`, which returns the result of one call.
"""

# All of them use the registry, so its client is imported with the first of them.
import dockerhub_mcp.registry.client  # noqa: F401

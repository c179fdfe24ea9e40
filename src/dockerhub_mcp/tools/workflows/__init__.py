"""Tools that compose several Hub methods, one module each.

A workflow subclasses `dockerhub_mcp.tools.workflows.base.Workflow` and is listed in `WORKFLOWS`.
"""

from __future__ import annotations

from dockerhub_mcp.tools.workflows.base import Workflow
from dockerhub_mcp.tools.workflows.pin_images import PinImages

WORKFLOWS: tuple[type[Workflow], ...] = (PinImages,)
"""Every workflow, in the order in which `tools/list` shows them, after the tools of single methods."""

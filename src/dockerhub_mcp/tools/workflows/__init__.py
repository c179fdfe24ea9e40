"""Tools that compose several Hub methods, one module each.

A workflow subclasses `dockerhub_mcp.tools.workflows.base.Workflow` and is listed in `WORKFLOWS`.
"""

from __future__ import annotations

from dockerhub_mcp.tools.workflows.apply_tag_cleanup import ApplyTagCleanup
from dockerhub_mcp.tools.workflows.base import Workflow
from dockerhub_mcp.tools.workflows.compare_images import CompareImages
from dockerhub_mcp.tools.workflows.explain_pull import ExplainPull
from dockerhub_mcp.tools.workflows.find_tags import FindTags
from dockerhub_mcp.tools.workflows.inspect_image import InspectImage
from dockerhub_mcp.tools.workflows.pin_images import PinImages
from dockerhub_mcp.tools.workflows.plan_tag_cleanup import PlanTagCleanup
from dockerhub_mcp.tools.workflows.what_can_i_do import WhatCanIDo

WORKFLOWS: tuple[type[Workflow], ...] = (
    FindTags,
    PinImages,
    InspectImage,
    CompareImages,
    ExplainPull,
    WhatCanIDo,
    PlanTagCleanup,
    ApplyTagCleanup,
)
"""Every workflow, in the order in which `tools/list` shows them, after the tools of single methods."""

"""Faults: rules that make the sandbox fail the way the real Hub and networks do."""

from dockerhub_mcp.sandbox.faults.active import Faults
from dockerhub_mcp.sandbox.faults.fault import DroppedConnectionError, Fault
from dockerhub_mcp.sandbox.faults.presets import FAULT_PRESETS

__all__ = ["FAULT_PRESETS", "DroppedConnectionError", "Fault", "Faults"]

"""The active faults of a sandbox."""

from dataclasses import asdict, dataclass, field
from typing import Any

from dockerhub_mcp.sandbox.faults.fault import Fault
from dockerhub_mcp.sandbox.faults.parsing import parse_fault
from dockerhub_mcp.sandbox.faults.presets import apply_preset


@dataclass
class Faults:
    """The active faults. The first one that matches a request applies to it."""

    rules: list[Fault] = field(default_factory=list)

    def add(self, **settings: Any) -> Fault:
        """Add a fault; the settings are the fields of `Fault`, and `preset` for the name of a preset."""
        fault = Fault(**apply_preset(settings))
        self.rules.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all faults."""
        self.rules.clear()

    def consume_match(self, method: str, request_target: str) -> Fault | None:
        """Return the fault for a request and count its use; None if no fault matches."""
        for fault in self.rules:
            if fault.matches_request(method, request_target):
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    def as_json(self) -> dict[str, Any]:
        """Return the faults as JSON, in the shape that `replace_from_json` accepts."""
        return {"rules": [asdict(fault) for fault in self.rules]}

    def replace_from_json(self, content: Any) -> None:
        """Replace all faults by faults from JSON.

        Raises:
            ValueError: A rule is invalid; no fault was changed.
        """
        if (
            not isinstance(content, dict)
            or set(content) != {"rules"}
            or not isinstance(content["rules"], list)
        ):
            msg = 'expected {"rules": [...]}'
            raise ValueError(msg)
        self.rules[:] = [parse_fault(settings) for settings in content["rules"]]

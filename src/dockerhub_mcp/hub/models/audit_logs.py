"""Models of the audit log."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, PrivateAttr

from dockerhub_mcp.hub.models.base import Display, HubModel
from dockerhub_mcp.hub.models.timestamp import Timestamp


class AuditLogEvent(HubModel):
    """One event of the audit log."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("action",)
    summary_fields: ClassVar[tuple[str, ...]] = ("timestamp", "actor", "action", "name", "action_description")
    untrusted_fields: ClassVar[tuple[str, ...]] = ("actor", "action_description", "data")
    sentence_fields: ClassVar[dict[str, tuple[str, str]]] = {"action_description": ("action", "name")}

    account: str | None = None
    action: str | None = None
    name: str | None = None
    actor: str | None = None
    data: dict[str, Any] | None = None
    timestamp: Annotated[Timestamp, Display.DATETIME] = None
    action_description: Annotated[str | None, Display.TEXT] = None


class AuditLogAction(HubModel):
    """An action that the audit log can be filtered by; `name` is without the name of its group."""

    summary_fields: ClassVar[tuple[str, ...]] = ("action", "description")

    name: str | None = None
    description: Annotated[str | None, Display.TEXT] = None
    label: str | None = None
    _group: str = PrivateAttr(default="")

    @property
    def action(self) -> str | None:
        """The name as list_audit_logs filters by it, such as `repo.tag.push`."""
        if not self.name or not self._group or self.name.startswith(f"{self._group}."):
            return self.name
        return f"{self._group}.{self.name}"


class AuditLogActionGroup(HubModel):
    """A group of actions."""

    summary_fields: ClassVar[tuple[str, ...]] = ("actions",)

    actions: list[AuditLogAction] = Field(default_factory=list)
    label: str | None = None


class AuditLogActions(HubModel):
    """The actions of an account by group; the filter of list_audit_logs is `<group>.<name>`."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("actions",)
    summary_fields: ClassVar[tuple[str, ...]] = ("actions",)

    actions: dict[str, AuditLogActionGroup] = Field(default_factory=dict)

    def model_post_init(self, context: Any, /) -> None:  # noqa: ARG002 - the signature of pydantic
        """Tell each action its group."""
        for group, members in self.actions.items():
            for action in members.actions:
                action._group = group  # noqa: SLF001 - of the same module

    def collect_names(self) -> list[str]:
        """Return the names of all actions, as the filter takes them."""
        return [name for group in self.actions.values() for each in group.actions if (name := each.action)]

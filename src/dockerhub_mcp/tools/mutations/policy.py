"""The server's policy for mutations: confirmation, files for new secrets, and the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode

if TYPE_CHECKING:
    from pathlib import Path

    from dockerhub_mcp.tools.mutations.audit_log import AuditLog


class MutationPolicy(NamedTuple):
    """How mutations are carried out.

    Attributes:
        confirmation_mode: Which mutations the user confirms.
        secrets_dir: Directory for files with new tokens; None to show a new token in the conversation.
        audit_log: Log of mutations, if any.
        confirmation_hint: A sentence on how to get confirmations where this connection cannot ask for them.
    """

    confirmation_mode: ConfirmationMode = ConfirmationMode.ASK
    secrets_dir: Path | None = None
    audit_log: AuditLog | None = None
    confirmation_hint: str = ""

    def close(self) -> None:
        """Write what is left for the audit log, and close it."""
        if self.audit_log is not None:
            self.audit_log.close()

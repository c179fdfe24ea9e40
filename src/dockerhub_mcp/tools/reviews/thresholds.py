"""The ages from which something stands out in a review."""

from __future__ import annotations

IDLE_DAYS = 90
"""Days without a login, or without use of a token."""
OLD_INVITATION_DAYS = 30
NEW_TOKEN_DAYS = 7
"""Days in which a token that was never used is only new."""
SELDOM_DAYS = 30
"""Days without use after which a token that may write is broader than its use suggests."""
EXPIRY_NOTICE_DAYS = 30
"""Days before its expiry in which a token that is in use needs a successor."""

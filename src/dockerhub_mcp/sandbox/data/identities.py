"""Who there is to be. The secrets are fake and the same everywhere."""

from dataclasses import dataclass
from typing import Literal

TWO_FACTOR_CODE = "012345"
SCIM_TOKEN = "sandbox-scim-token-acme"


@dataclass(frozen=True)
class Identity:
    """A name and a secret to log in with."""

    username: str
    secret: str
    kind: Literal["password", "pat", "oat"]
    note: str


IDENTITIES = {
    "owner": Identity("ada", "sandbox-password-ada", "password", "an owner of the organization acme"),
    "owner-pat": Identity("ada", "dckr_pat_sandbox_admin", "pat", "repo:admin"),
    "reader-pat": Identity("linus", "dckr_pat_sandbox_reader", "pat", "repo:read"),
    "public-pat": Identity("ada", "dckr_pat_sandbox_public", "pat", "repo:public_read"),
    "expired-pat": Identity("ada", "dckr_pat_sandbox_expired", "pat", "expired last week"),
    "inactive-pat": Identity("ada", "dckr_pat_sandbox_inactive", "pat", "deactivated"),
    "org-token": Identity("acme", "dckr_oat_sandbox_acme", "oat", "reads nearly everything in acme"),
    "org-token-narrow": Identity(
        "acme", "dckr_oat_sandbox_narrow", "oat", "reads acme/storefront and no lists"
    ),
    "two-factor": Identity(
        "grace", "sandbox-password-grace", "password", f"asks for the code {TWO_FACTOR_CODE}"
    ),
    "two-factor-pat": Identity("grace", "dckr_pat_sandbox_grace", "pat", "repo:write, asks for no code"),
    "member": Identity("linus", "sandbox-password-linus", "password", "a plain member of acme"),
    "outsider": Identity("mallory", "sandbox-password-mallory", "password", "in no organization"),
}

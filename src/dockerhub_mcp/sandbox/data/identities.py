"""The identities that a client of the sandbox can use. Their secrets are fake and the same everywhere."""

from dataclasses import dataclass
from typing import Literal

from dockerhub_mcp.sandbox.data.files import load_records


@dataclass(frozen=True)
class Identity:
    """A user name or organization name with a secret to log in with."""

    username: str
    secret: str
    kind: Literal["password", "pat", "oat"]
    note: str


_RECORDS = load_records("identities")

TWO_FACTOR_CODE: str = _RECORDS["two_factor_code"]
SCIM_TOKEN: str = _RECORDS["scim_token"]
IDENTITIES = {name: Identity(**record) for name, record in _RECORDS["identities"].items()}

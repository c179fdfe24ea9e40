from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from dockerhub_mcp.hub.api.types import NewRepositoryName
from dockerhub_mcp.hub.methods import ListAuditLogs


def test_a_datetime_out_of_range_is_refused() -> None:
    with pytest.raises(ValidationError):
        ListAuditLogs.model_validate({"account": "acme", "from": "0001-01-01T00:00:00+01:00"})


@pytest.mark.parametrize("name", ["a", "-ab", "ab-", "Ab", "a b", "a..b", "a/b", "a__b", "x" * 256])
def test_invalid_names_of_new_repositories_are_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(NewRepositoryName).validate_python(name)


@pytest.mark.parametrize("name", ["ab", "a.b", "my-app", "a_b", "7z"])
def test_valid_names_of_new_repositories_are_accepted(name: str) -> None:
    assert TypeAdapter(NewRepositoryName).validate_python(name) == name

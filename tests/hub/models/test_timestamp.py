from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from dockerhub_mcp.hub.decoding import decode_json
from dockerhub_mcp.hub.models.timestamp import Timestamp

TIMESTAMP: TypeAdapter[datetime | None] = TypeAdapter(Timestamp)


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("2023-06-13T04:58:23Z", 0),
        ("2023-06-13T04:58:23.8Z", 800_000),
        ("2023-06-13T04:58:23.89Z", 890_000),
        ("2023-06-13T04:58:23.894Z", 894_000),
        ("2023-06-13T04:58:23.8948Z", 894_800),
        ("2023-06-13T04:58:23.89489Z", 894_890),
        ("2023-06-13T04:58:23.894891Z", 894_891),
        ("2023-06-13T04:58:23.894891234Z", 894_891),
        ("2023-06-13T06:58:23.894891+02:00", 894_891),
        ("2023-06-13T04:58:23", 0),
        ("2023-06-13 04:58:23.5064 +0000 UTC", 506_400),
        ("2023-06-13 04:58:23 +0000 UTC", 0),
    ],
)
def test_timestamps_have_any_number_of_digits(text: str, microseconds: int) -> None:
    assert TIMESTAMP.validate_python(text) == datetime(2023, 6, 13, 4, 58, 23, microseconds, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, "", "  "])
def test_no_timestamp_is_none(value: Any) -> None:
    assert TIMESTAMP.validate_python(value) is None


def test_the_zero_time_of_go_is_read() -> None:
    assert TIMESTAMP.validate_python("0001-01-01T00:00:00Z") == datetime(1, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "yesterday"])
def test_an_invalid_timestamp_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TIMESTAMP.validate_python(text)


def test_a_timestamp_out_of_range_is_dropped() -> None:
    found = decode_json(TypeAdapter(dict[str, Timestamp]), b'{"at": "0001-01-01T00:00:00+01:00"}')
    assert found == {}

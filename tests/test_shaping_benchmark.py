"""The benchmark of a call without the network measures its stages; the figures are not tested."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import shaping

pytestmark = pytest.mark.perf


async def test_the_stages_of_a_call_are_measured() -> None:
    (measured,) = await shaping.measure(["one repository"], rounds=1)
    assert set(measured.stages) == set(shaping.STAGES)
    assert min(measured.stages[stage] for stage in ("arguments", "response", "call", "cached")) > 0
    table = shaping.format_table([measured])
    assert table.splitlines()[2].startswith("| one repository | ")
    compared = shaping.format_comparison({measured.name: measured}, {measured.name: measured})
    assert compared.count("(1.00)") == len(shaping.STAGES)


async def test_two_versions_are_measured_in_turns() -> None:
    source = Path(shaping.__file__).parents[1] / "src"
    before, after = await shaping.compare(source, ["a search"], rounds=1)
    assert set(before) == set(after) == {"a search"}
    with pytest.raises(RuntimeError, match="could not be measured"):
        await shaping.compare(source, ["no such call"], rounds=1)

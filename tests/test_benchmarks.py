"""The speed benchmark runs, checks responses and reports its figures; the figures are not tested."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from benchmarks import page, speed, summary, walk_memory
from benchmarks.programs import CACHED, MINIMAL, UNCACHED, start_hub
from benchmarks.questions import CALLS
from benchmarks.wire import LEGACY, Question
from devtools.generate.markdown import replace_section


def test_a_quick_run_measures_and_shows_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "speed.json"
    peer = ["--peer", shlex.join(MINIMAL.stdio), "--peer-tool", "get", "--peer-says", CALLS[0].hub_expected]
    peer += ["--peer-arguments", json.dumps({"path": CALLS[0].path})]
    assert speed.main(["--quick", "--only", "start", "--json", str(kept), *peer]) == 0
    shown = capsys.readouterr().out
    result = json.loads(kept.read_text("utf-8"))
    rows = result["figures"]["start"]
    assert set(rows) == {
        *(f"2025-11-25: {step}" for step in ("initialize", "tools/list", "first result")),
        *(f"2026-07-28: {step}" for step in ("server/discover", "tools/list", "first result")),
    }
    assert set(rows["2025-11-25: first result"]) == {"minimal", "other Hub", "peer"}
    assert set(rows["2026-07-28: tools/list"]) == {"minimal", "other Hub", "default settings"}
    assert f"{page.TITLES['start']}:\n" in shown
    assert (
        "| Start to `tools/list` (2025-11-25), default settings, relative to the minimal server | ≤ 0.3 |"
        in shown
    )
    assert speed.main(["--read", str(kept)]) == 0
    assert capsys.readouterr().out == shown


def test_medians_and_ratios_are_those_of_the_rounds() -> None:
    rows = {
        "stdio": {"minimal": [100.0, 200.0, 50.0], "uncached": [200.0, 200.0, 100.0], "cached": [1e3] * 3}
    }
    assert page.render_table("throughput", rows).splitlines()[-1] == (
        "| stdio | 100.0 | 200.0 (x 2.00) | 1,000 (x 10.00) |"
    )
    wanted = page.render_goals({"throughput": rows})
    assert (
        "| Throughput over stdio, uncached, relative to the minimal server | ≥ 1.6 | 2.00 | met |" in wanted
    )
    assert "Idle memory" not in wanted
    call = {"raw": [1.0], "minimal": [2.0], "uncached": [4.0]}
    wanted = page.render_goals({"p50 over HTTP": {"a tag": call}})
    assert wanted.splitlines()[-1].endswith("| ≤ 0.7 | 3.00 | **missed** |")


def test_a_wrong_answer_ends_the_run() -> None:
    question = CALLS[0].build_request(CACHED, LEGACY)
    question.check(b'{"jsonrpc":"2.0","id":7,"result":{"content":[{"text":"name: redis\\n"}]}}', 7)
    for wrong, number in (
        (b'{"id":7,"result":{"text":"name: nginx"}}', 7),
        (b'{"id":8,"result":{"text":"name: redis"}}', 7),
        (b'{"id":7,"result":{"text":"name: redis","isError":true}}', 7),
        (b'{"id":7,"error":{"message":"name: redis"}}', 7),
    ):
        with pytest.raises(ValueError, match="was answered with"):
            question.check(wrong, number)


def test_another_server_may_stand_beside(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        speed.main(["--peer", "other"])
    assert "--peer needs --peer-tool" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        speed.main(["--only", "start,none"])
    assert "unknown: none" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_list_of_10000_tags_leaves_no_memory_taken() -> None:
    with start_hub() as hub:
        url = f"http://127.0.0.1:{hub.wait_for_port()}"
        reading = walk_memory.measure_view(walk_memory.VIEWS[0], UNCACHED, url, tags=10_000, lists=2)
    assert reading.is_good, reading
    assert reading.peak - reading.before < 40, reading
    shown = walk_memory.render_table([reading])
    assert "**too much**" not in shown
    worse = reading._replace(after=[reading.before + 10.1, reading.before])
    assert not worse.is_good
    assert "**too much**" in walk_memory.render_table([worse])


def test_the_kept_page_can_be_written_again() -> None:
    for path, section in ((page.PAGE, page.SECTION), (summary.README, summary.SECTION)):
        assert replace_section(path.read_text("utf-8"), section, "figures") != path.read_text("utf-8")
    assert Question("tools/list", {}, b"", LEGACY).body(1).startswith(b'{"jsonrpc":"2.0","id":1,')

"""The benchmark of replicas measures what it says; its figures are not tested, but no call of it may fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.replicas import __main__ as program
from benchmarks.replicas import page
from benchmarks.replicas.measures import LoadPlan, measure_load
from tests.support.nginx import NGINX
from tests.support.redis_servers import REDIS_SERVER

needs_programs = pytest.mark.skipif(
    not NGINX or not REDIS_SERVER, reason="nginx or redis-server is not here; apt-get install them"
)


@needs_programs
def test_a_load_counts_calls_and_sign_ins() -> None:
    result = measure_load(LoadPlan(minutes=0.05, clients=6, accounts=2, replicas=2))
    assert result["errors"] == {}
    assert result["tracebacks"] == 0
    assert result["calls"] >= 6
    assert 2 <= result["sign_ins"] <= 4  # of two accounts, at both replicas at most
    assert [server["rss_mib"] > 0 for server in result["servers"]] == [True, True]
    conditions = {"date": "2026-11-30", "cores": 2, "cpu": "CPU", "others": 1.0, "python": "3.11"}
    text = page.render_page({"load": {**result, "conditions": conditions}})
    assert "2 replicas behind nginx" in text
    assert f"| {result['sign_ins']} | 0 |\n" in text


def test_a_team_is_measured_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("PAGE", "RESULTS", "GUIDE"):
        monkeypatch.setattr(page, name, tmp_path / name)
    page.GUIDE.write_text("before\n<!-- people -->\nold\n<!-- /people -->\nafter\n", "utf-8")
    page.RESULTS.write_text('{"other": 1}\n', "utf-8")
    monkeypatch.setattr("benchmarks.replicas.measures.TEAM_PAUSE", 0.3)
    assert program.main(["--people", "2", "--seconds", "2", "--write"]) == 0
    stored = json.loads(page.RESULTS.read_text("utf-8"))
    assert stored["other"] == 1
    [row] = stored["team"]["rows"]
    assert row["calls"] > 2
    assert row["people"] == 2
    table = page.render_team(stored["team"])
    assert page.GUIDE.read_text("utf-8") == f"before\n<!-- people -->\n\n{table}\n\n<!-- /people -->\nafter\n"
    assert capsys.readouterr().out.endswith(f"{table}\n")


def test_the_pages_show_the_stored_figures() -> None:
    stored = page.load_results()
    if not stored:
        pytest.skip("nothing has been measured yet")
    assert page.PAGE.read_text("utf-8") == page.render_page(stored)
    if team := stored.get("team"):
        assert page.render_team(team) in page.GUIDE.read_text("utf-8")

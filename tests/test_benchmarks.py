"""The speed benchmark runs, checks responses and reports its figures; the figures are not tested."""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path

import pytest

from benchmarks import goals, page, speed, summary, walk_memory
from benchmarks.curves import page as curves_page
from benchmarks.curves import run as curves
from benchmarks.curves.cost import Run
from benchmarks.curves.measures import measure_walks
from benchmarks.hub import REQUESTS
from benchmarks.measures.bench import CLIENTS, warm_up
from benchmarks.measures.memory import list_accounts, present_accounts
from benchmarks.peer import build
from benchmarks.peer.server import Peer, load_peer
from benchmarks.programs import CACHED, MINIMAL, UNCACHED, Subject, start_hub
from benchmarks.questions import CALLS, REPOSITORY
from benchmarks.web import HTTPLoad
from benchmarks.wire import LEGACY, MODERN, Question, Stdio
from devtools.generate.markdown import replace_section

PEER = Peer(
    Subject("peer", MINIMAL.stdio, MINIMAL.http),
    "another server",
    LEGACY,
    lambda call: ("get", {"path": call.path}) if call.tool == "get_repository" else None,
)


def test_a_quick_run_measures_and_shows_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "speed.json"
    monkeypatch.setattr(speed, "load_peer", lambda _, **__: PEER)
    assert speed.main(["--quick", "--only", "start", "--json", str(kept), "--peer", "built"]) == 0
    shown = capsys.readouterr().out
    result = json.loads(kept.read_text("utf-8"))
    rows = result["figures"]["start"]
    results = "first result", "first result, with an account"
    assert set(rows) == {
        *(f"2025-11-25: {step}" for step in ("initialize", "tools/list", *results)),
        *(f"2026-07-28: {step}" for step in ("server/discover", "tools/list", *results)),
    }
    assert set(rows["2025-11-25: first result"]) == {"minimal", "other Hub", "peer"}
    assert set(rows["2025-11-25: first result, with an account"]) == {"other Hub", "peer"}
    assert set(rows["2026-07-28: tools/list"]) == {"minimal", "other Hub", "default settings"}
    assert f"{page.TITLES['start']}:\n" in shown
    assert "and another server as the peer. All figures are medians of one round." in shown
    assert "| Start to the first result | Docker's server | ≤ 0.85 |" in shown
    assert "| Start to `tools/list` (2025-11-25), default settings | the minimal server | ≤ 0.2 |" in shown
    assert speed.main(["--read", str(kept)]) == 0
    assert capsys.readouterr().out == shown
    assert "| Start to the first result | " in summary.render_summary(result)


def test_medians_and_ratios_are_those_of_the_rounds() -> None:
    one = {"minimal": [100.0, 200.0, 50.0], "uncached": [200.0, 200.0, 100.0], "cached": [1e3] * 3}
    rows = {"stdio: a repository": one}
    assert page.render_table("throughput", rows).splitlines()[-1] == (
        "| stdio: a repository | 100.0 | 200.0 (x 2.00) | 1,000 (x 10.00) |"
    )
    wanted = goals.render_goals({"throughput": rows}).splitlines()
    title = "| Calls/s, stdio: a repository, uncached"
    assert f"{title} | the minimal server | ≥ 1.6 | 2.00 | met |" in wanted
    assert f"{title} | Docker's server | ≥ 0.45 |  | not measured |" in wanted
    with_peer = {"stdio: a repository": {**one, "peer": [500.0, 400.0, 1000.0]}}
    wanted = goals.render_goals({"throughput": with_peer}).splitlines()
    assert f"{title} | Docker's server | ≥ 0.45 | 0.40 | **missed** |" in wanted
    call = {"raw": [1.0], "minimal": [2.0], "uncached": [4.0]}
    shown = goals.render_goals({"p50 over HTTP": {"a tag": call}})
    added = "| p50 added to a bare request, HTTP, uncached: median of all calls | the minimal server"
    assert f"{added} | ≤ 0.8 | 3.00 | **missed** |" in shown
    walk = {"before": {"uncached": [70.0, 71.0]}, "after": {"uncached": [73.0, 72.0]}}
    shown = goals.render_goals({"memory of a walk": walk})
    assert "| Memory after a list of 10,000 tags, uncached |  | ≤ +10.0 MiB | +2.0 MiB | met |" in shown


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


def test_unknown_measurements_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        speed.main(["--only", "start,none"])
    assert "unknown: none" in capsys.readouterr().err


def test_servers_without_a_cache_ask_the_hub_for_every_call_of_the_same() -> None:
    with start_hub() as hub:
        port = hub.wait_for_port()
        for subject, expected in ((UNCACHED, 2 * CLIENTS), (CACHED, 0)):
            with subject.start_stdio(f"http://127.0.0.1:{port}") as program:
                client = Stdio(program, LEGACY)
                client.initialize()
                question = REPOSITORY.build_request(subject, LEGACY)
                client.ask(question)
                before = count_requests(port)
                warm_up(client, question, 2 * CLIENTS)
                assert count_requests(port) - before == expected
                assert client.flood([question], 4, 0.0) > 0


def count_requests(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{REQUESTS}") as response:
        return int(json.loads(response.read())["requests"])


def test_a_load_over_http_sends_the_headers_of_all_accounts() -> None:
    with start_hub() as hub:
        url = f"http://127.0.0.1:{hub.wait_for_port()}"
        with CACHED.start_http(url, "--identity", "request", anonymous=True) as program:
            present_accounts(program.wait_for_port(), list_accounts(10))
            before = program.read_cpu()
            question = REPOSITORY.build_request(CACHED, MODERN)
            with HTTPLoad(program.wait_for_port(), [question], 4, list_accounts(10)) as load:
                load.send(40)
                assert load.run(0.0) > 0
            assert program.read_cpu() > before


def test_dockers_server_is_called_as_it_expects(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_peer(tmp_path)
    record = {"commit": build.COMMIT, "node": "24.1.0", "executable": "/usr/bin/node"}
    (tmp_path / build.RECORD).write_text(json.dumps(record), "utf-8")
    peer = load_peer(tmp_path)
    assert peer.description == "docker/hub-mcp 5a7c80f on Node 24.1.0"
    assert peer.subject.warm_up == 5000
    assert peer.subject.account.build_environment("http://hub", anonymous=True) == {"HUB": "http://hub"}
    assert set(peer.subject.account.build_environment("http://hub")) == {"HUB", "HUB_PAT_TOKEN"}
    assert peer.build_request(REPOSITORY) == Question(
        "tools/call",
        {"name": "getRepositoryInfo", "arguments": {"namespace": "library", "repository": "redis"}},
        rb"\"name\":\"redis\"",
        "2025-06-18",
    )
    assert [call.title for call in CALLS if not peer.can(call)] == ["tags by name", "the current user"]
    with pytest.raises(ValueError, match="has no tool for the current user"):
        peer.build_request(CALLS[-1])


def test_sources_of_another_commit_are_not_changed_by_guess(tmp_path: Path) -> None:
    source = tmp_path / "src"
    source.mkdir()
    (source / "server.ts").write_text("host: 'https://hub.docker.com/v2',\n", "utf-8")
    with pytest.raises(ValueError, match="has 1 places that match"):
        build._replace_hosts(tmp_path)


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


def test_a_quick_run_draws_curves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curves_page, "PAGE", tmp_path / "curves.md")
    monkeypatch.setattr(curves_page, "RESULTS", tmp_path / "curves.json")
    assert curves.main(["--quick", "--only", "in-flight", "--write"]) == 0
    shown = capsys.readouterr().out
    kept = curves_page.load_results()["curves"]["calls in flight"]
    assert set(kept) == {"1", "4"}
    assert set(kept["4"]) == {"minimal", "uncached", "fast, uncached", "cached"}
    assert all(point["cpu"][0] > 0 and point["wall"][0] > 0 for point in kept["4"].values())
    assert (
        "CPU time of a call (µs):\n\n| calls in flight | minimal | uncached | fast, uncached | cached |"
        in shown
    )
    assert (tmp_path / "curves.md").read_text("utf-8").startswith("# What a call costs")
    with pytest.raises(SystemExit):
        curves.main(["--only", "none"])
    assert "unknown: none" in capsys.readouterr().err


def test_other_servers_are_asked_for_each_page_of_a_list() -> None:
    with start_hub() as hub:
        port = hub.wait_for_port()
        run = Run(f"http://127.0.0.1:{port}", calls=1, values=1)
        measure_walks(run)
    points = run.curves["tags of a list"]["100"]
    assert set(points) == {"minimal", "uncached", "fast, uncached", "cached"}


def test_the_kept_curves_are_those_of_their_points() -> None:
    assert curves_page.render_page(curves_page.load_results()) == curves_page.PAGE.read_text("utf-8")


def test_the_kept_page_can_be_written_again() -> None:
    for path, section in ((page.PAGE, page.SECTION), (summary.README, summary.SECTION)):
        assert replace_section(path.read_text("utf-8"), section, "figures") != path.read_text("utf-8")
    assert Question("tools/list", {}, b"", LEGACY).body(1).startswith(b'{"jsonrpc":"2.0","id":1,')

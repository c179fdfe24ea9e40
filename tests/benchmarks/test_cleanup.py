"""The page of the clean-up benchmark: it shows the stored figures, of which none is a fault."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.cleanup.page import AGENT, LIMITED, PAGE, PERSON, load_results, render_page


def test_the_page_shows_the_stored_figures() -> None:
    assert render_page(*load_results()) == PAGE.read_text("utf-8")


def test_the_figures_are_what_a_clean_up_promises() -> None:
    ways, killed, _ = load_results()
    assert {(ways[name].calls, ways[name].questions) for name in (AGENT, LIMITED)} == {(2, 1)}
    assert (ways[PERSON].calls, ways[PERSON].questions) == (1, 1)
    assert all(len(run.kills) == 5 and run.kills[-1] > run.tags for run in killed)
    assert [run.faults for run in killed] == [[]] * len(killed)


def test_faults_are_shown() -> None:
    ways, [run, *_], environment = load_results()
    assert "| a fault |" in render_page(ways, [replace(run, faults=["a fault"])], environment)

"""When commands are refused, when one is tried again, and what the log says."""

from __future__ import annotations

import pytest

from dockerhub_mcp.shared.circuit import Circuit
from dockerhub_mcp.shared.errors import StoreUnavailable


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still."""
    return Clock()


@pytest.fixture
def circuit(clock: Clock) -> Circuit:
    """Return a closed circuit."""
    return Circuit(open_seconds=5, clock=clock)


def test_a_closed_circuit_admits_commands(circuit: Circuit) -> None:
    """Without a failure, every command passes, and none is a trial."""
    assert circuit.is_closed
    assert circuit.admit() is False


def test_a_failure_opens_it_for_some_seconds(circuit: Circuit, clock: Clock) -> None:
    """Until then commands are refused with the reason; then one of them is a trial."""
    circuit.record_failure("timed out")
    assert not circuit.is_closed
    for clock.now in (100.0, 104.9):
        with pytest.raises(StoreUnavailable, match=r"the shared store is unavailable: timed out$") as caught:
            circuit.admit()
        assert caught.value.reason == "timed out"
    clock.now = 105.0
    assert circuit.admit() is True
    with pytest.raises(StoreUnavailable):
        circuit.admit()


def test_a_trial_that_fails_keeps_it_open(circuit: Circuit, clock: Clock) -> None:
    """The next trial is due some seconds after the last one, whatever fails in between."""
    circuit.record_failure("timed out")
    clock.now = 105.0
    assert circuit.admit() is True
    circuit.record_failure("connection refused")
    clock.now = 109.9
    circuit.record_failure("connection refused")
    with pytest.raises(StoreUnavailable, match="connection refused"):
        circuit.admit()
    clock.now = 110.0
    assert circuit.admit() is True


def test_a_trial_that_succeeds_closes_it(circuit: Circuit, clock: Clock) -> None:
    """Afterwards a failure opens it for the whole time again."""
    circuit.record_failure("timed out")
    clock.now = 105.0
    assert circuit.admit() is True
    circuit.record_success()
    assert circuit.is_closed
    assert circuit.admit() is False
    circuit.record_failure("timed out")
    with pytest.raises(StoreUnavailable):
        circuit.admit()


def test_a_trial_can_be_brought_forward(circuit: Circuit) -> None:
    """A sign of recovery lets one command pass at once."""
    circuit.record_failure("timed out")
    circuit.allow_trial()
    assert circuit.admit() is True
    with pytest.raises(StoreUnavailable):
        circuit.admit()


def test_an_outage_is_logged_once(circuit: Circuit, caplog: pytest.LogCaptureFixture) -> None:
    """However many commands fail, there is one line for the outage and one for the recovery."""
    caplog.set_level("INFO")
    circuit.record_success()
    for _ in range(3):
        circuit.record_failure("timed out")
    for _ in range(2):
        circuit.record_success()
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "the shared store is unavailable: timed out"),
        ("INFO", "the shared store is available again"),
    ]

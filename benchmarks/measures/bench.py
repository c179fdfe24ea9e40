"""One run of the benchmark: its extent, and the figures so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.peer.server import Peer
from benchmarks.programs import Subject
from benchmarks.questions import Call
from benchmarks.wire import Question, Stdio

CLIENTS = 64
LATENCY = 0.04
"""Seconds that the slow Hub takes for each response."""
GOAL_TAGS = 2500
"""The number of tags that the goal for pagination is about."""
Figures = dict[str, dict[str, dict[str, list[float]]]]
"""The figure of each round, by measurement, row and column."""


@dataclass(slots=True)
class Bench:
    """One run: its extent, and the figures so far.

    Attributes:
        hub: The URL of the Hub.
        slow_hub: The URL of a Hub with latency.
        hub_port: The port of the first Hub.
        seconds: The duration of each load.
        calls: How often each sequential call is made.
        starts: How often each server is started; the median counts.
        identities: The numbers of accounts that memory is measured with.
        list_lengths: The numbers of tags that pagination is measured with.
        peer: Another server to compare with.
        round: The number of the round; servers take turns in being measured first.
        figures: The figures so far.
    """

    hub: str
    slow_hub: str
    hub_port: int
    seconds: float = 1.5
    calls: int = 100
    starts: int = 3
    identities: Sequence[int] = (1, 100, 1000)
    list_lengths: Sequence[int] = (100, 1000, GOAL_TAGS, 10_000)
    peer: Peer | None = None
    round: int = 0
    figures: Figures = field(default_factory=dict)

    def record(self, measure: str, row: str, column: str, figure: float) -> None:
        """Add a figure."""
        self.figures.setdefault(measure, {}).setdefault(row, {}).setdefault(column, []).append(figure)

    def order_subjects(self, *subjects: Subject, with_peer: bool = False) -> list[Subject]:
        """Return the servers in the order of this round."""
        ordered = [*subjects, self.peer.subject] if with_peer and self.peer else [*subjects]
        return ordered[::-1] if self.round % 2 else ordered

    def is_peer(self, subject: Subject) -> bool:
        """Return whether a server is the peer."""
        return self.peer is not None and subject is self.peer.subject

    def can(self, call: Call, subject: Subject) -> bool:
        """Return whether a server has a tool for a call."""
        return self.peer is None or subject is not self.peer.subject or self.peer.can(call)

    def build_request(self, call: Call, subject: Subject, generation: str) -> Question:
        """Return the request for a call to a server."""
        if self.peer and subject is self.peer.subject:
            return self.peer.build_request(call)
        return call.build_request(subject, generation)


def warm_up(client: Stdio, request: Question, calls: int) -> None:
    """Make the calls after which the speed of a server no longer changes."""
    for _ in range(0, calls, CLIENTS):
        client.burst([request] * CLIENTS)

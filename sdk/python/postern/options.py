"""How a worker receives, and how it streams."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Optional

from .envelope import Format, View


@dataclass(frozen=True)
class ReceiveOptions:
    """How events are handled. Times are in seconds. The default is good."""

    # The kinds that the handler is for; the others are finished unseen. Default: all
    # but status, which is about a platform and not from it.
    events: Optional[Collection[str]] = None
    # How many conversations are worked on at a time.
    concurrency: int = 16
    # How often an event is tried before it is a dead letter. An attempt in which
    # the worker died counts, one that was ended by stopping does not.
    max_attempts: int = 5
    # The pause after the first attempt, doubled with each, up to max_backoff; half
    # of it is left to chance. The conversation waits meanwhile.
    backoff: float = 1.0
    max_backoff: float = 60.0
    # How long after a worker's death another takes its conversations. It is
    # renewed each third of it, however long the handler takes.
    lease: float = 15.0
    # How long an event may lie that somebody read without this recipe, and left
    # pending, until it is handled here.
    min_idle: float = 60.0
    # How long running handlers may go on after stop, before they are cancelled.
    drain: float = 30.0
    # How long dead letters are kept.
    dead_retention: float = 30 * 24 * 3600.0

    def wants(self, kind: str) -> bool:
        """Whether the handler is for such events."""
        return kind != "status" if self.events is None else kind in self.events

    def __post_init__(self) -> None:
        for right, problem in (
            (1 <= self.concurrency <= 1000, f"concurrency is {self.concurrency}, expected 1 to 1000"),
            (self.max_attempts >= 1, f"max_attempts is {self.max_attempts}, expected 1 or more"),
            (
                0 <= self.backoff <= self.max_backoff,
                f"backoff is {self.backoff:g} and max_backoff {self.max_backoff:g}, "
                "expected the first to be the smaller",
            ),
            (self.lease >= 1, f"lease is {self.lease:g}, expected 1 second or more"),
            (
                self.min_idle >= self.lease,
                f"min_idle is {self.min_idle:g}, expected at least the lease, {self.lease:g}",
            ),
            (
                self.drain >= 0 and self.dead_retention >= 0,
                f"drain is {self.drain:g} and dead_retention {self.dead_retention:g}, "
                "expected none below 0",
            ),
        ):
            if not right:
                raise ValueError(f"receive: {problem}")


@dataclass(frozen=True)
class StreamOptions:
    """What a stream is beside its text. The default is good."""

    id: str = ""  # its stream_id; default: a new one
    every: float = 0.25  # seconds, the least time between two snapshots
    format: Optional[Format] = None
    reply_to: str = ""  # the id of the message that it answers
    view: Optional[View] = None  # the buttons below it
    trace_id: str = ""

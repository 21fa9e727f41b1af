"""Receiving: events are taken as there is room, and kept while they are handled."""

import asyncio
import logging
import uuid
from collections import deque
from typing import Any, Optional

from redis.exceptions import RedisError

from .backoff import Backoff
from .client import Client
from .link import BLOCK
from .options import ReceiveOptions
from .run import Handler, Run
from .turns import Taken, Turns

log = logging.getLogger("postern")

_POLL = 1.0  # seconds; at least this often is asked whose turn it is
_SWEEP = 30.0  # seconds between two looks for what others left pending
_UNSURE = 64  # takes without an answer that are remembered, the newest


class Receiver:
    """One run of Client.receive.

    bell ─► take ─► Run (a task each) ─► done, dead or again
              ▲         │  keep renews their leases
              └─────────┘  when one ends
    """

    def __init__(self, client: Client, handler: Handler, options: ReceiveOptions) -> None:
        self._client = client
        self._handler = handler
        self._options = options
        self._stream = client.names.inbound_stream
        self._turns = Turns(
            client.link,
            self._stream,
            client.group,
            client.consumer,
            lease=options.lease,
            min_idle=options.min_idle,
            dead_retention=options.dead_retention,
        )
        self._runs: dict[asyncio.Task[None], Run] = {}
        self._bell: Optional[asyncio.Task[Any]] = None
        self._unanswered: deque[str] = deque(maxlen=_UNSURE)  # the tokens of the takes since the last answer
        self._cursor = ""
        self._swept = float("-inf")

    async def run(self, stop: asyncio.Event) -> None:
        """Takes until stop is set, and then waits until the handlers have ended.
        What does not end in time, or is cancelled with us, is given back."""
        stopped = asyncio.create_task(stop.wait())
        keeper = asyncio.create_task(self._keep())
        try:
            await self._taking(stopped)
            if self._runs:
                await asyncio.wait(self._runs, timeout=self._options.drain)
        finally:
            for run in self._runs.values():
                run.stop()
            helpers = [task for task in (stopped, keeper, self._bell) if task is not None]
            if self._runs:
                await asyncio.wait(self._runs)
            for task in helpers:
                task.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    async def _taking(self, stopped: "asyncio.Task[Any]") -> None:
        trouble = Backoff(0.1, 5.0)
        while not stopped.done():
            want = self._options.concurrency - len(self._runs)
            if want == 0:
                await _first(stopped, *self._runs)
                continue
            try:
                taken = await self._take(want)
            except RedisError as error:
                if trouble.tries == 0:
                    log.warning("no events can be taken from %s; trying again: %s", self._stream, error)
                await _first(stopped, timeout=trouble.next())
                continue
            trouble.reset()
            for ticket in taken.tickets:
                run = Run(self._client, self._turns, self._handler, self._options, ticket)
                self._runs[run.task] = run
                run.task.add_done_callback(self._ended)
            if len(taken.tickets) < want and not taken.more and not self._cursor:
                await self._idle(taken, stopped)

    async def _take(self, want: int) -> Taken:
        now = asyncio.get_running_loop().time()
        if not self._cursor and now - self._swept > _SWEEP:
            self._cursor = "0-0"
        token = f"{self._client.consumer} {uuid.uuid4().hex}"
        unanswered = list(self._unanswered)
        self._unanswered.append(token)
        taken = await self._turns.take(token, want, self._cursor, unanswered)
        self._unanswered.clear()
        if self._cursor and taken.cursor == "0-0":
            self._swept = now
        self._cursor = "" if taken.cursor == "0-0" else taken.cursor
        if taken.made:
            log.warning("the group was missing and has been made: every event that is left in %s comes again", self._stream)
        if taken.gone:
            log.warning("%d events were trimmed from %s before their turn; they are lost", taken.gone, self._stream)
        return taken

    async def _idle(self, taken: Taken, stopped: "asyncio.Task[Any]") -> None:
        """Waits until there may be something to take: a new event, the end of a run
        or of a lease. A bell that still listens, from earlier on, rings the sooner."""
        if self._bell is None or self._bell.done():
            self._bell = asyncio.create_task(self._listen(taken.last))
        timeout = _POLL if taken.next < 0 else min(_POLL, taken.next + 0.001)
        await _first(stopped, self._bell, *self._runs, timeout=timeout)

    async def _listen(self, after: str) -> None:
        redis = self._client.link.redis
        try:
            await self._client.link.run(redis.xread({self._stream: after}, count=1, block=round(BLOCK * 1000)))
        except RedisError:
            await asyncio.sleep(BLOCK)  # the take says what is wrong

    def _ended(self, task: "asyncio.Task[None]") -> None:
        del self._runs[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("an event was left unfinished", exc_info=error)

    async def _keep(self) -> None:
        """Renews the leases of what is running. What it cannot renew in time, the
        run itself gives up."""
        third = self._options.lease / 3
        while True:
            await asyncio.sleep(third)
            runs = list(self._runs.values())
            if not runs:
                continue
            try:
                async with asyncio.timeout(third):
                    kept, until = await self._turns.keep([run.ticket for run in runs])
            except (RedisError, TimeoutError) as error:
                log.warning("the leases of %d events could not be renewed: %r", len(runs), error)
                continue
            for run, ours in zip(runs, kept):
                if ours:
                    run.extend(until)
                else:
                    run.lose()


async def _first(*tasks: "asyncio.Task[Any]", timeout: Optional[float] = None) -> None:
    """Waits for the first of them to end. They go on."""
    await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)

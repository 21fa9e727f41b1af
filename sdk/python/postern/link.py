"""One Redis, and the care that asyncio needs of it."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

T = TypeVar("T")

# The longest that Redis is left to hold an answer back, so that a connection
# which died in silence is noticed.
BLOCK = 1.0  # seconds
_SILENT = 3.0  # seconds after which a connection that owes an answer is given up


class Link:
    """Runs commands to their end, also those whose caller is cancelled.

    A client of redis-py before 4.5.5 hands a connection on with the answer of a
    cancelled command still to be read in it: the next command would get that.
    """

    def __init__(self, redis: "Redis[bytes]", owned: bool = False) -> None:
        pool = getattr(redis, "connection_pool", None)
        if pool is not None and pool.connection_kwargs.get("decode_responses"):
            raise ValueError("envelopes are bytes: make the client without decode_responses")
        self.redis = redis
        self._owned = owned
        self._running: set[asyncio.Future[Any]] = set()

    @classmethod
    def connect(cls, url: str) -> "Link":
        """A client that asks once: a command asked again after a lost answer
        would publish twice."""
        redis = Redis.from_url(
            url,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=_SILENT,
            socket_connect_timeout=2.0,
        )
        return cls(redis, owned=True)

    async def run(self, command: Awaitable[T]) -> T:
        task = asyncio.ensure_future(command)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: "asyncio.Future[Any]") -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # seen by run, unless its caller is gone

    async def close(self) -> None:
        """Closes the connections if they are ours: what still waits on them fails.
        Else it is waited for."""
        if self._owned:
            await self.redis.connection_pool.disconnect()
        if self._running:
            await asyncio.wait(self._running)
        if self._owned:
            await self.redis.close()

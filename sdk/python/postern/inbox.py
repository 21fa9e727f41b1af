"""Where a client's receipts and replies come to."""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Optional

from redis.exceptions import RedisError

from .backoff import Backoff
from .codec import decode
from .link import BLOCK, Link

log = logging.getLogger("postern")

_PAGE = 128  # answers read in one go
_KEPT = 24 * 3600  # seconds that what is left is kept when this process dies


class Inbox:
    """One list, and the task that hands its answers to whoever waits.

    An answer is looked at where it lies and removed only after it was handed
    over: one that was popped on a connection that then broke would be lost. So
    it may be seen twice; the second time nobody waits for it.
    """

    def __init__(self, link: Link, namespace: str) -> None:
        self.list = f"{namespace}:reply:{uuid.uuid4().hex}"
        self._link = link
        self._waiting: dict[str, asyncio.Future[Any]] = {}  # by entry or request id
        self._flights = 0  # envelopes on their way, whose entry ids are not known yet
        self._early: dict[str, Any] = {}  # answers that may be theirs
        self._reader: Optional[asyncio.Task[None]] = None

    def expect(self, id: str) -> "asyncio.Future[Any]":
        """The answer with this id, once it comes."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[id] = answer
        answer.add_done_callback(lambda _: self._waiting.pop(id, None))
        if id in self._early:
            answer.set_result(self._early.pop(id))
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read())
        return answer

    async def publish(self, add: Callable[[], Awaitable[str]]) -> "tuple[str, asyncio.Future[Any]]":
        """Runs add, and expects the answer with the id that it returns, which may
        come before it does."""
        self._flights += 1
        try:
            id = await add()
            return id, self.expect(id)
        finally:
            self._flights -= 1
            if self._flights == 0:
                self._early.clear()

    async def _read(self) -> None:
        """Goes on while somebody waits."""
        trouble = Backoff(0.05, 2.0)
        while self._waiting:
            try:
                await self._page()
                trouble.reset()
            except RedisError as error:
                if trouble.tries == 0:
                    log.warning("receipts and replies cannot be read; trying again: %s", error)
                await asyncio.sleep(trouble.next())

    async def _page(self) -> None:
        redis = self._link.redis
        # From the left to the left: the first one stays where it is.
        first = await self._link.run(redis.blmove(self.list, self.list, BLOCK, "LEFT", "LEFT"))
        if first is None:
            return
        answers: list[bytes] = await self._link.run(redis.lrange(self.list, 0, _PAGE - 1))
        for data in answers:
            self._hand(data)
        for data in answers:
            await self._link.run(redis.lrem(self.list, 1, data))
        # A list that never empties would go with its first answer's expiry.
        await self._link.run(redis.expire(self.list, _KEPT))

    def _hand(self, data: bytes) -> None:
        try:
            answer = decode(data)
            id = answer.get("entry_id") or answer["request_id"]
        except (ValueError, KeyError, AttributeError):
            log.warning("%d bytes on %s are neither a receipt nor a reply", len(data), self.list)
            return
        waiting = self._waiting.get(id)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)
        elif self._flights:
            self._early[id] = answer

    async def close(self) -> None:
        """Whoever still waits is cancelled."""
        for answer in list(self._waiting.values()):
            answer.cancel()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

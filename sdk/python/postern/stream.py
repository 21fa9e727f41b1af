"""One message that grows while it is written."""

import asyncio
import contextlib
import logging
import time
import uuid
from types import TracebackType
from typing import TYPE_CHECKING, Optional

from redis.exceptions import RedisError

from .backoff import Backoff
from .compose import addressed
from .envelope import StreamEnvelope
from .errors import PosternError, StreamEmpty
from .event import Address
from .options import StreamOptions
from .receipt import Receipt

if TYPE_CHECKING:
    from .client import Client

log = logging.getLogger("postern")

_KEEP = 60.0  # seconds; the gateway ends a stream 120 s after its last snapshot
_RATE = 64 << 10  # bytes a second of snapshots: each bears the whole text
_MOST_PAUSE = 10.0  # seconds between two tries to publish a snapshot


class Stream:
    """Write to it as tokens come; each snapshot that is published has the whole
    text so far, so losing one loses nothing. End it with close or abandon; left
    by `async with` it is closed, or abandoned if there was an error.

    Snapshots are numbered by the clock (unix milliseconds), so that a worker
    which continues a dead one's stream is ahead of it.
    """

    def __init__(self, client: "Client", to: Address, options: StreamOptions) -> None:
        self.id = options.id or uuid.uuid4().hex  # the target_key of edits and reactions to it
        self.text = ""  # so far
        self._client = client
        self._to = to
        self._options = options
        self._seq = 0
        self._ended = False
        self._news = asyncio.Event()
        self._publisher = asyncio.create_task(self._publish())

    def write(self, token: str) -> None:
        """Appends to the text. Raises ValueError once the stream has ended, or if
        the text has become too long for an envelope."""
        if self._publisher.done() and not self._ended:
            self._publisher.result()  # what it could not publish
        if self._ended:
            raise ValueError("the stream has been closed")
        self.text += token
        self._news.set()

    async def close(self) -> None:
        """Publishes the whole text as the stream's last. Raises StreamEmpty if
        nothing was written: there is no message. After an error it may be called
        once more."""
        await self._client.publish(await self._finish())

    async def close_and_wait(self, timeout: float = 30.0) -> Receipt:
        """Is close that waits for the message's receipt."""
        return await self._client.publish_and_wait(await self._finish(), timeout)

    async def abandon(self) -> None:
        """Ends the stream without a last word: the gateway finishes the message as
        it stands after 120 s, or a handler that runs again continues it."""
        self._ended = True
        self._publisher.cancel()
        await asyncio.gather(self._publisher, return_exceptions=True)

    async def _finish(self) -> StreamEnvelope:
        await self.abandon()
        if not self.text:
            raise StreamEmpty("nothing was written to the stream")
        final = self._snapshot(self.text)
        final["final"] = True
        return final

    def _snapshot(self, text: str) -> StreamEnvelope:
        self._seq = max(self._seq + 1, time.time_ns() // 1_000_000)
        snapshot: StreamEnvelope = {
            "type": "stream", "channel_id": "", "stream_id": self.id, "seq": self._seq, "text": text,
        }
        if self._options.format is not None:
            snapshot["format"] = self._options.format
        if self._options.reply_to:
            snapshot["reply_to"] = self._options.reply_to
        if self._options.view is not None:
            snapshot["view"] = self._options.view
        if self._options.trace_id:
            snapshot["trace_id"] = self._options.trace_id
        return addressed(self._to, snapshot)

    async def _publish(self) -> None:
        """The first text at once, then what is new at most once in a pause, and the
        same text again when none has come for so long that the gateway would end
        the stream."""
        trouble = Backoff(self._options.every, _MOST_PAUSE)
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_KEEP):
                    await self._news.wait()
            self._news.clear()
            text = self.text
            if not text:
                continue
            began = time.monotonic()
            try:
                await self._client.publish(self._snapshot(text))
            except (RedisError, PosternError) as error:
                # The next snapshot has all that this one had.
                if trouble.tries == 0:
                    log.warning("a snapshot of %s was not published; trying again: %s", self.id, error)
                pause = trouble.next()
                self._news.set()
            else:
                trouble.reset()
                took = time.monotonic() - began
                pause = max(self._options.every, 2 * took, len(text.encode()) / _RATE)
            await asyncio.sleep(pause)

    async def __aenter__(self) -> "Stream":
        return self

    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if kind is None:
            await self.close()
        else:
            await self.abandon()

"""A test that needs a Redis, in names of its own."""

import asyncio
import os
import time
import unittest
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Optional

from postern import Client, Message, Names, ReceiveOptions
from postern.codec import decode, encode

WITHIN = 10.0  # seconds that anything may take on a loaded machine


def redis_url() -> str:
    """Where the Redis is that go test ./test/sdk started."""
    url = os.environ.get("TEST_REDIS_URL")
    if url is None:
        raise RuntimeError("TEST_REDIS_URL is not set: these tests are run by go test ./test/sdk")
    return url


class RedisCase(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.names = Names(namespace=f"test-{uuid.uuid4().hex}")
        self.client = self.connect()
        self.redis = self.client.link.redis

    def connect(self) -> Client:
        """A client that is closed with the test."""
        client = Client(redis_url(), names=self.names)
        self.addAsyncCleanup(client.close)
        return client

    def receive(
        self,
        handler: Callable[[Message], Awaitable[None]],
        options: Optional[ReceiveOptions] = None,
        client: Optional[Client] = None,
    ) -> asyncio.Event:
        """Receives until the event is set, or until the test ends."""
        stop = asyncio.Event()
        options = options or ReceiveOptions(backoff=0.01)
        task = asyncio.create_task((client or self.client).receive(handler, options, stop=stop))

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self.addAsyncCleanup(end)
        return stop

    async def say(self, event_id: str, channel: str = "lobby", **fields: Any) -> str:
        """An event as the gateway writes it."""
        event = {
            "event": "message",
            "platform": "chat",
            "address": {"platform": "chat", "channel_id": channel},
            "outbound_stream": self.names.outbound("chat"),
            "channel_key": f"chat:{channel}",
            "channel_id": channel,
            "is_dm": False,
            "user_id": "ann",
            "is_bot": False,
            "event_id": event_id,
            "message_id": f"m-{event_id}",
            "timestamp": time.time(),
            "enqueued_at": time.time(),
            "trace_id": f"t-{event_id}",
            "content": event_id,
            **fields,
        }
        return await self.add({"data": encode(event), "ts": "1700000000"})

    async def add(self, fields: "dict[str, Any]") -> str:
        """Any entry in the inbound stream."""
        id: bytes = await self.redis.xadd(self.names.inbound_stream, fields)
        return id.decode()

    async def published(self, platform: str = "chat") -> "list[Any]":
        """The envelopes so far."""
        entries = await self.redis.xrange(self.names.outbound(platform))
        return [decode(fields[b"data"]) for _, fields in entries]

    async def letters(self) -> "list[dict[str, bytes]]":
        """The dead letters so far."""
        entries = await self.redis.xrange(self.client.dead)
        return [{name.decode(): value for name, value in fields.items()} for _, fields in entries]

    async def unfinished(self) -> int:
        """How many events are pending."""
        told = await self.redis.xpending(self.names.inbound_stream, self.client.group)
        count: int = told["pending"]
        return count

    async def eventually(self, what: str, ask: Callable[[], Awaitable[bool]]) -> None:
        """Asks a foreign process until it says yes."""
        end = time.monotonic() + WITHIN
        while not await ask():
            if time.monotonic() > end:
                self.fail(f"not within {WITHIN} s: {what}")
            await asyncio.sleep(0.01)

    async def all_finished(self) -> None:
        async def none() -> bool:
            return await self.unfinished() == 0

        await self.eventually("every event is finished", none)


async def soon(event: asyncio.Event) -> None:
    await asyncio.wait_for(event.wait(), WITHIN)

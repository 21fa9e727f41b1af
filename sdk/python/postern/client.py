"""A worker's connection to Redis: publishing, waiting, calling, receiving."""

import asyncio
import socket
import time
import uuid
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Optional, cast

from .codec import decode, encode
from .envelope import Envelope
from .event import Address
from .errors import DeliveryError, NoAnswer, RPCError
from .inbox import Inbox
from .link import BLOCK, Link
from .names import Names, beside, check_name
from .options import ReceiveOptions, StreamOptions
from .platform import Directory, Platform
from .receipt import Receipt, Reply
from .stream import Stream

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from .message import Message

DEFAULT_URL = "redis://127.0.0.1:6379/0"

# How long past an RPC's own deadline its answer is waited for: the gateway
# answers timeout itself, and this is for that answer's way.
_GRACE = 2.0  # seconds

# The gateway's default delivery.max_envelope.
_MOST_BYTES = 1 << 20


class Client:
    """Any number of tasks of one event loop may share it.

        async with Client("redis://127.0.0.1:6379/0") as client:
            await client.publish(text({"platform": "chat", "channel_id": "lobby"}, "hello"))
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        names: Optional[Names] = None,
        group: str = "",
        consumer: str = "",
        redis: "Optional[Redis[bytes]]" = None,
        max_envelope: int = _MOST_BYTES,
    ) -> None:
        """Connects with the first command.

        group is the workers' consumer group, by default the names' worker_group:
        every group gets every event, the workers of a group share them. consumer
        is this worker's name in it, for people who look, by default the host's.
        redis is a client to use instead of url, such as one of a Cluster, made
        without decode_responses; it stays open. max_envelope is in bytes, and the
        gateway's delivery.max_envelope.
        """
        self.names = names or Names()
        self.group = check_name("group", group or self.names.worker_group)
        self.consumer = check_name("consumer", consumer or socket.gethostname() or "worker")
        self.link = Link.connect(url) if redis is None else Link(redis)
        self._max_envelope = max_envelope
        self._directory = Directory(self.link, self.names)
        self._inbox = Inbox(self.link, self.names.namespace)

    async def publish(self, envelope: Envelope) -> str:
        """Adds an envelope to the outbound stream of its platform, which must be
        named in it. Returns the entry's id; the envelope is then the gateway's to
        deliver, and outlives both of us.

        Raises ValueError for what is no envelope, BacklogError, or RedisError; in
        the last case it may have been published, and only one with a message_key
        may be published again without being delivered twice.
        """
        platform = envelope.get("platform") or ""
        stream = self.names.outbound(platform)
        fields: dict[str, Any] = {"data": self._encode(envelope), "ts": int(time.time())}
        if envelope.get("trace_id"):
            fields["trace_id"] = envelope["trace_id"]
        await self._directory.admit(platform)
        entry_id: bytes = await self.link.run(self.link.redis.xadd(stream, fields))
        return entry_id.decode()

    async def publish_and_wait(self, envelope: Envelope, timeout: float = 30.0) -> Receipt:
        """Publishes an envelope and waits for its receipt, for so many seconds.
        Raises DeliveryError for what was not delivered, and NoAnswer."""
        if envelope.get("receipt_to"):
            raise ValueError("receipt_to is set; leave it out here, or use publish and wait")
        asking = cast(Envelope, {**envelope, "receipt_to": self._inbox.list})
        entry_id, answer = await self._inbox.publish(lambda: self.publish(asking))
        try:
            async with asyncio.timeout(timeout):
                return _receipt(await answer)
        except TimeoutError:
            raise NoAnswer(
                f"no receipt of entry {entry_id} within {timeout:g} s; "
                f"is a gateway running for {asking.get('platform')!r}?"
            ) from None

    async def wait(self, receipts: str, timeout: float = 30.0) -> Receipt:
        """Waits for a receipt on a list that an envelope's receipt_to named, such
        as <namespace>:reply:order-17, and takes it off. Unlike publish_and_wait's,
        it can still be had after the worker was restarted: for 24 hours."""
        redis, end = self.link.redis, time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            block = max(0.01, min(left, BLOCK))
            # It stays where it is until it has been read: see Inbox.
            data = await self.link.run(redis.blmove(receipts, receipts, block, "LEFT", "LEFT"))
            if data is not None:
                await self.link.run(redis.lrem(receipts, 1, data))
                return _receipt(decode(data))
        raise NoAnswer(f"no receipt on {receipts} within {timeout:g} s")

    async def call(
        self,
        platform: str,
        method: str,
        params: Optional[Mapping[str, Any]] = None,
        timeout: float = 30.0,
    ) -> Any:
        """Calls a method of a platform, such as identity, channels or
        execute_tool, and returns its result. Raises RPCError if it was answered
        with an error, and NoAnswer."""
        id = uuid.uuid4().hex
        envelope: dict[str, Any] = {
            "type": "rpc", "platform": platform, "request_id": id, "method": method,
            "reply_queue": self._inbox.list, "timeout_ms": max(1, round(timeout * 1000)),
        }
        if params is not None:
            envelope["params"] = params
        answer = self._inbox.expect(id)
        try:
            async with asyncio.timeout(timeout + _GRACE):
                await self.publish(cast(Envelope, envelope))
                reply = cast(Reply, await answer)
        except TimeoutError:
            raise NoAnswer(
                f"call {method} on {platform!r}: no reply within {timeout:g} s; "
                "is a gateway running for it?"
            ) from None
        finally:
            answer.cancel()
        if not reply["ok"]:
            raise RPCError(platform, method, reply["error"])
        return reply.get("result")

    async def platform(self, name: str) -> Platform:
        """What is known of a platform. It may be a second old."""
        return await self._directory.look(name)

    def stream(self, to: Address, options: Optional[StreamOptions] = None) -> Stream:
        """Begins a message that grows."""
        return Stream(self, to, options or StreamOptions())

    async def stream_tokens(
        self, to: Address, tokens: AsyncIterable[str], options: Optional[StreamOptions] = None
    ) -> Receipt:
        """Publishes what comes out of tokens as one message that grows, and waits
        for its receipt. Should tokens raise, the stream is abandoned."""
        stream = self.stream(to, options)
        try:
            async for token in tokens:
                stream.write(token)
            return await stream.close_and_wait()
        finally:
            await stream.abandon()

    async def receive(
        self,
        handler: "Callable[[Message], Awaitable[None]]",
        options: Optional[ReceiveOptions] = None,
        *,
        stop: Optional[asyncio.Event] = None,
    ) -> None:
        """Handles events of the inbound stream until stop is set, and returns once
        the running handlers have ended. Of one conversation, one event at a time is
        handled over all workers of the group, in the stream's order.

        A handler that returns finishes its event; one that raises has it handled
        again after a while, by any worker; see Permanent for what is not worth it.
        It is cancelled when the worker has to stop, or has lost the conversation.
        An outage of Redis is logged and outlasted.
        """
        from .receive import Receiver  # which imports us

        await Receiver(self, handler, options or ReceiveOptions()).run(stop or asyncio.Event())

    @property
    def dead(self) -> str:
        """The stream that the group's dead letters are in: the events that the
        handler failed on too often, or nobody could read."""
        return beside(self.names.inbound_stream, f"dead:{self.group}")

    def _encode(self, envelope: Envelope) -> bytes:
        data = encode(envelope)
        if len(data) > self._max_envelope:
            raise ValueError(
                f"the envelope has {len(data)} bytes, at most {self._max_envelope} are taken: "
                "put big media into the media store and send their blob"
            )
        return data

    async def close(self) -> None:
        """Ends what waits for receipts and replies, and the connections, unless
        they were given. Stop receive first."""
        await self._inbox.close()
        await self.link.close()

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        await self.close()


def _receipt(answer: Any) -> Receipt:
    receipt = cast(Receipt, answer)
    if receipt["status"] in ("dead", "expired", "parked"):
        raise DeliveryError(receipt)
    return receipt

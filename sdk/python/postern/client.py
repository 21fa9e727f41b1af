"""Publishing: envelopes, envelopes with a receipt, and calls."""

import time
import uuid
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Optional, Union, cast

from redis.asyncio import Redis

from .backlog import Backlog
from .codec import decode, encode
from .envelope import Envelope
from .errors import CallFailed, NoAnswer
from .link import Link
from .names import Names, beside
from .receipt import Receipt, Reply

# How long past an RPC's own deadline its answer is waited for: the gateway
# answers timeout itself.
GRACE = 2.0  # seconds

# The longest that Redis is left to hold an answer back, so that a connection
# which died in silence is noticed.
BLOCK = 1.0  # seconds


class Client:
    """Publishes to the platforms of one gateway. Any number of tasks may share it."""

    def __init__(self, redis: "Union[Redis[bytes], Link]", names: Names = Names()) -> None:
        """Takes a client of redis.asyncio made without decode_responses."""
        self.names = names
        self.link = redis if isinstance(redis, Link) else Link(redis)
        self._backlog = Backlog(self.link, names)

    async def publish(self, platform: str, envelope: Envelope) -> str:
        """Publishes one envelope and returns its entry's id.

        Raises BacklogFull, or redis.RedisError; after the latter the envelope may
        be published or not: with a message_key, publish it again.
        """
        await self._backlog.check(platform)
        return await self._add(self.names.outbound(platform), envelope)

    async def send(self, platform: str, envelope: Envelope, timeout: float = 30.0) -> Receipt:
        """Publishes one envelope and waits until it ends, whatever its end: look
        at the receipt's status. Raises NoAnswer after timeout seconds."""
        answers = self._answers(platform)
        entry_id = await self.publish(platform, cast(Envelope, {**envelope, "receipt_to": answers}))
        answer = await self._await(answers, timeout)
        if answer is None:
            raise NoAnswer("receipt", platform, entry_id, timeout)
        return cast(Receipt, answer)

    async def call(
        self,
        platform: str,
        method: str,
        params: Optional[Mapping[str, Any]] = None,
        timeout: float = 30.0,
    ) -> Any:
        """Calls a method of the platform and returns its result. Raises CallFailed
        if it was answered with an error, and NoAnswer if it was not answered."""
        answers = self._answers(platform)
        envelope: dict[str, Any] = {
            "type": "rpc",
            "request_id": uuid.uuid4().hex,
            "method": method,
            "reply_queue": answers,
            "timeout_ms": max(1, round(timeout * 1000)),
        }
        if params is not None:
            envelope["params"] = params
        entry_id = await self._add(self.names.outbound(platform), envelope)
        answer = await self._await(answers, timeout + GRACE)
        if answer is None:
            raise NoAnswer("reply", platform, entry_id, timeout + GRACE)
        reply = cast(Reply, answer)
        if not reply["ok"]:
            raise CallFailed(method, reply["error"])
        return reply.get("result")

    def _answers(self, platform: str) -> str:
        """A list for one answer, in the stream's slot: it is pushed in the very
        script that ends the entry."""
        return beside(self.names.outbound(platform), f"reply:{uuid.uuid4().hex}")

    async def _add(self, stream: str, envelope: Mapping[str, Any]) -> str:
        fields: dict[str, Any] = {"data": encode(envelope), "ts": f"{time.time():.3f}"}
        if envelope.get("trace_id"):
            fields["trace_id"] = envelope["trace_id"]
        entry_id: bytes = await self.link.run(self.link.redis.xadd(stream, fields))
        return entry_id.decode()

    async def _await(self, answers: str, seconds: float) -> Any:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            got = await self.link.run(self.link.redis.blpop([answers], max(0.01, min(left, BLOCK))))
            if got is not None:
                return decode(got[1])
        return None

    async def close(self) -> None:
        """Closes the connections. What was published stays published."""
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

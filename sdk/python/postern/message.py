"""One event in a handler's hand, and the means to answer it."""

import hashlib
from collections.abc import AsyncIterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Optional, cast

from .envelope import Envelope
from .event import Event
from .options import StreamOptions
from .receipt import Receipt
from .stream import Stream

if TYPE_CHECKING:
    from .client import Client

_MOST_KEY = 256  # bytes of a message_key


class Message:
    """It is valid as long as its handler runs.

    What it publishes bears keys made of the event's id and a counter: a handler
    that runs again, because its worker died in the middle, publishes the same
    keys in the same order, and what had been published is not delivered twice.
    That holds if it does the same things in the same order. One that may decide
    differently the second time should name its keys (see key); else the first
    run's second message stands in the place of the second run's.
    """

    def __init__(self, client: "Client", event: Event, entry_id: str, attempt: int) -> None:
        self.event = event
        self.entry_id = entry_id  # of the inbound stream
        self.attempt = attempt  # 1 the first time
        self._client = client
        self._count = 0
        self._streams: list[Stream] = []

    @property
    def content(self) -> str:
        """The text of a message or an edit, as CommonMark."""
        return self.event.get("content", "")

    def key(self, name: str) -> str:
        """A message_key or stream_id of this event that is the same each time the
        handler runs. Names made of digits are kept for the helpers."""
        id = self.event.get("event_id") or self.entry_id
        key = f"re:{self._client.group}:{id}:{name}"
        if len(key.encode()) > _MOST_KEY:
            key = f"re:sha256:{hashlib.sha256(key.encode()).hexdigest()}"
        return key

    def _next_key(self) -> str:
        self._count += 1
        return self.key(str(self._count))

    async def reply(self, text: str) -> None:
        """Answers with a message of CommonMark, where the event came from."""
        await self.reply_with({"type": "message", "text": text})

    async def reply_with(self, envelope: "Envelope | dict[str, Any]") -> str:
        """Publishes any envelope to where the event came from, and returns its
        entry's id. What of its address, key and trace is missing is filled in, and
        for a message that answers a click or a command, the interaction_id."""
        return await self._client.publish(self._filled(envelope))

    async def reply_and_wait(
        self, envelope: "Envelope | dict[str, Any]", timeout: float = 30.0
    ) -> Receipt:
        """Is reply_with that waits for the receipt."""
        return await self._client.publish_and_wait(self._filled(envelope), timeout)

    def _filled(self, envelope: "Envelope | dict[str, Any]") -> Envelope:
        filled: dict[str, Any] = {**envelope}
        kind = filled.get("type")
        filled["platform"] = filled.get("platform") or self.event["address"]["platform"]
        if kind != "presence" and not filled.get("channel_id"):
            filled.update(self.event["address"])
        if kind not in ("stream", "rpc") and not filled.get("message_key"):
            filled["message_key"] = self._next_key()
        if not filled.get("trace_id") and self.event.get("trace_id"):
            filled["trace_id"] = self.event["trace_id"]
        if kind in ("message", "file", "buttons") and not filled.get("interaction_id"):
            if self.event.get("interaction_id"):
                filled["interaction_id"] = self.event["interaction_id"]
        return cast(Envelope, filled)

    async def typing(self) -> None:
        """Shows that an answer is under way. It ends with the answer."""
        await self.reply_with({"type": "typing"})

    async def react(self, emoji: str) -> None:
        """Puts an emoji on the message that the event is about."""
        message_id = self.event.get("message_id", "")
        await self.reply_with({"type": "reaction", "message_id": message_id, "emoji": emoji})

    def stream(self, options: Optional[StreamOptions] = None) -> Stream:
        """Begins an answer that grows. A handler that runs again continues the same
        message, unless options name another id."""
        stream = self._client.stream(self.event["address"], self._streamed(options))
        self._streams.append(stream)
        return stream

    async def stream_tokens(
        self, tokens: AsyncIterable[str], options: Optional[StreamOptions] = None
    ) -> Receipt:
        """Answers with what comes out of tokens: see Client.stream_tokens."""
        return await self._client.stream_tokens(
            self.event["address"], tokens, self._streamed(options)
        )

    def _streamed(self, options: Optional[StreamOptions]) -> StreamOptions:
        options = options or StreamOptions()
        return replace(
            options,
            id=options.id or self._next_key(),
            trace_id=options.trace_id or self.event.get("trace_id", ""),
        )

    async def expire(self) -> None:
        """The handler has ended: what it left open is abandoned."""
        for stream in self._streams:
            await stream.abandon()

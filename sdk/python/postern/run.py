"""One attempt at one event: from its take to its end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Optional, cast

from redis.exceptions import RedisError

from .backoff import Backoff
from .client import Client
from .codec import decode
from .errors import Permanent
from .event import Event
from .message import Message
from .options import ReceiveOptions
from .receipt import Code
from .turns import Ticket, Turns

log = logging.getLogger("postern")

Handler = Callable[[Message], Awaitable[None]]


class Run:
    """Runs the handler in a task of its own, and tells Redis how it ended.

    If the process dies here, the lease ends, and the event is another worker's:
    what that one publishes bears the same keys.
    """

    def __init__(
        self, client: Client, turns: Turns, handler: Handler, options: ReceiveOptions, ticket: Ticket
    ) -> None:
        self.ticket = ticket
        self._client = client
        self._turns = turns
        self._handler = handler
        self._options = options
        self._lost = False
        self._stopping = False
        self._loop = asyncio.get_running_loop()
        self.task = asyncio.create_task(self._work())
        self._lease = self._loop.call_at(ticket.until, self.lose)

    def extend(self, until: float) -> None:
        """The lease was renewed, until then on the loop's clock."""
        self._lease.cancel()
        self._lease = self._loop.call_at(until, self.lose)

    def lose(self) -> None:
        """The lease was not renewed, or somebody else has the event."""
        if not self.task.done() and not self._lost:
            self._lost = True
            log.warning("event %s was given to another worker while it was handled here", self.ticket.id)
            self.task.cancel()

    def stop(self) -> None:
        """The worker has to stop: the event is given back."""
        if not self.task.done() and not self._stopping:
            self._stopping = True
            self.task.cancel()

    async def _work(self) -> None:
        try:
            await self._attempt()
        except asyncio.CancelledError:
            if not self._lost:
                await self._settle(lambda: self._turns.again(self.ticket, 0, counts=False))
        finally:
            self._lease.cancel()

    async def _attempt(self) -> None:
        ticket, options = self.ticket, self._options
        if ticket.attempt > options.max_attempts:
            await self._bury(
                "poison",
                f"{ticket.attempt - 1} attempts were begun and none came to an end: "
                "the workers died in them",
            )
            return
        try:
            message = self._message()
        except (ValueError, KeyError, TypeError, AttributeError) as bad:
            await self._bury("undecodable", f"read the event: {bad!r}")
            return
        error = await self._handle(message)
        if error is None:
            await self._settle(lambda: self._turns.done(ticket))
        elif isinstance(error, Permanent) or ticket.attempt >= options.max_attempts:
            await self._bury("internal", str(error) or repr(error))
        else:
            pause = Backoff(options.backoff, options.max_backoff, ticket.attempt - 1).next()
            log.warning(
                "event %s could not be handled, attempt %d, again in %.1f s: %r",
                ticket.id, ticket.attempt, pause, error, exc_info=error,
            )
            await self._settle(lambda: self._turns.again(ticket, pause, counts=True))

    def _message(self) -> Message:
        event: dict[str, Any] = {**decode(self.ticket.fields["data"])}
        event.setdefault("event", "")
        if not event.get("address"):
            names = ("platform", "channel_id", "thread_id")
            event["address"] = {name: event[name] for name in names if event.get(name)}
        return Message(self._client, cast(Event, event), self.ticket.id, self.ticket.attempt)

    async def _handle(self, message: Message) -> Optional[Exception]:
        """Returns what the handler raised; whatever that is, the worker goes on."""
        if not self._options.wants(message.event["event"]):
            return None
        try:
            await self._handler(message)
        except Exception as error:
            return error
        finally:
            await message.expire()
        return None

    async def _bury(self, code: Code, why: str) -> None:
        ticket = self.ticket
        log.error("event %s is a dead letter now, attempt %d: %s: %s", ticket.id, ticket.attempt, code, why)
        letter: dict[str, "str | bytes | int"] = {
            "original_stream": self._client.names.inbound_stream,
            "original_msg_id": ticket.id,
            "code": code,
            "error": why,
            "attempt": ticket.attempt,
            "data": ticket.fields.get("data", b""),
            "ts": ticket.fields.get("ts", b""),
            "trace_id": ticket.fields.get("trace_id", b""),
        }
        await self._settle(lambda: self._turns.done(ticket, letter))

    async def _settle(self, tell: Callable[[], Awaitable[bool]]) -> None:
        """Tells Redis until it has heard, or the lease is over: then another worker
        gets the event. Told twice does no harm."""
        trouble = Backoff(0.05, 2.0)
        while not self._lost:
            try:
                await tell()
                return
            except RedisError as error:
                if trouble.tries == 0:
                    log.warning("the end of event %s could not be written down; trying again: %s", self.ticket.id, error)
                await asyncio.sleep(trouble.next())

"""One conversation at a time over all workers: the recipe's four scripts.

What they promise stands in docs/one-conversation.md, what each does on top of
its file in postern/lock.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .link import Link
from .names import beside
from .script import Argument, Script


@dataclass(frozen=True)
class Ticket:
    """An event that is ours: the token proves it, until the lease ends."""

    id: str
    conversation: str
    token: str
    attempt: int  # how often it has been given away, this time included
    until: float  # the lease's end on the loop's clock, on the safe side
    fields: Mapping[str, bytes] = field(repr=False)  # of the entry


@dataclass(frozen=True)
class Taken:
    """What a take gave."""

    tickets: Sequence[Ticket]
    next: float  # seconds until the next turn that is known of; below 0: none
    last: str  # the stream's last id
    more: bool  # there are unread events
    cursor: str  # where to look on for what others left; 0-0: all was looked at
    made: bool  # the group was missing
    gone: int  # events that were trimmed before their turn


class Turns:
    """The unfinished events of one group. Times are in seconds."""

    def __init__(
        self,
        link: Link,
        stream: str,
        group: str,
        consumer: str,
        *,
        lease: float,
        min_idle: float,
        dead_retention: float,
    ) -> None:
        self._link = link
        self._stream = stream
        self._group = group
        self._consumer = consumer
        self._lease = lease
        self._min_idle = min_idle
        self._dead_retention = dead_retention
        self._line, self._turn, self._holder, self._attempt, self._dead = (
            beside(stream, f"{what}:{group}")
            for what in ("line", "turn", "holder", "attempt", "dead")
        )
        self._take, self._keep, self._done, self._again = (
            Script(name) for name in ("take", "keep", "done", "again")
        )

    async def take(self, token: str, want: int, cursor: str, unanswered: Sequence[str]) -> Taken:
        """Takes at most so many events, each the first of its conversation. token
        is new for each call; unanswered are those of the calls since the last answer."""
        until = asyncio.get_running_loop().time() + self._lease
        keys = [self._stream, self._line, self._turn, self._holder, self._attempt]
        arguments: list[Argument] = [
            *(self._group, self._consumer, token, want, _ms(self._lease)),
            *(cursor, _ms(self._min_idle)),
            *unanswered,
        ]
        answer = await self._take.run(self._link, keys, arguments)
        next_, last, more, cursor_, made, gone, events = answer
        return Taken(
            tickets=[_ticket(token, until, *event) for event in events],
            next=next_ / 1000,
            last=last.decode(),
            more=bool(more),
            cursor=cursor_.decode(),
            made=bool(made),
            gone=gone,
        )

    async def keep(self, tickets: Sequence[Ticket]) -> "tuple[list[bool], float]":
        """Makes them last for another lease from now. Which of them are ours still,
        and until when."""
        until = asyncio.get_running_loop().time() + self._lease
        arguments: list[Argument] = [self._group, self._consumer, _ms(self._lease)]
        for ticket in tickets:
            arguments += [ticket.conversation, ticket.id, ticket.token]
        keys = [self._stream, self._turn, self._holder]
        kept = await self._keep.run(self._link, keys, arguments)
        return [bool(one) for one in kept], until

    async def done(self, ticket: Ticket, letter: Mapping[str, Argument] = {}) -> bool:
        """Finishes an event, as a dead letter if there is one. False: it was not
        ours any more."""
        keys = [self._stream, self._line, self._turn, self._holder, self._attempt, self._dead]
        arguments: list[Argument] = [
            *(self._group, ticket.conversation, ticket.id, ticket.token),
            _ms(self._dead_retention),
        ]
        for name, value in letter.items():
            arguments += [name, value]
        return bool(await self._done.run(self._link, keys, arguments))

    async def again(self, ticket: Ticket, delay: float, counts: bool) -> bool:
        """Gives an event back, to be taken after a delay. False: it was not ours
        any more."""
        keys = [self._turn, self._holder, self._attempt]
        arguments: list[Argument] = [ticket.conversation, ticket.id, ticket.token, _ms(delay), int(counts)]
        return bool(await self._again.run(self._link, keys, arguments))


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _ticket(
    token: str, until: float, id: bytes, conversation: bytes, attempt: int, fields: Sequence[Any]
) -> Ticket:
    pairs = zip(fields[::2], fields[1::2])
    return Ticket(
        id=id.decode(),
        conversation=conversation.decode(),
        token=token,
        attempt=attempt,
        until=until,
        fields={name.decode(): value for name, value in pairs},
    )

"""What a gateway says of its platforms."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from .errors import BacklogError
from .link import Link
from .names import Names

_FRESH = 1.0  # seconds that a description serves before Redis is asked again


@dataclass(frozen=True)
class Platform:
    """A platform that no gateway has described is not known, and the rest empty."""

    name: str
    known: bool = False
    kind: str = ""  # webchat, discord …
    state: str = ""  # connected, disconnected …, as postern status shows it
    paused: bool = False  # by an operator: what is published waits
    backlog_cap: int = 0  # 0: none
    node: str = ""  # the active gateway node
    capabilities: dict[str, Any] = field(default_factory=dict)


class Directory:
    """Remembers the platforms' descriptions for a moment."""

    def __init__(self, link: Link, names: Names) -> None:
        self._link = link
        self._names = names
        self._seen: dict[str, tuple[float, Platform]] = {}

    async def look(self, name: str) -> Platform:
        at, platform = self._seen.get(name, (0.0, None))
        if platform is not None and time.monotonic() - at < _FRESH:
            return platform
        key = self._names.platform(name)
        raw = await self._link.run(self._link.redis.hgetall(key))
        told = {field.decode(): value.decode() for field, value in raw.items()}
        cap = told.get("backlog_cap", "")
        platform = Platform(
            name=name,
            known=bool(told.get("kind")),
            kind=told.get("kind", ""),
            state=told.get("state", ""),
            paused=told.get("paused") == "1",
            backlog_cap=int(cap) if cap.isdigit() else 0,
            node=told.get("node", ""),
            capabilities=json.loads(told.get("capabilities") or "{}"),
        )
        self._seen[name] = time.monotonic(), platform
        return platform

    async def admit(self, name: str) -> None:
        """Raises BacklogError if there is no room for one more envelope. An entry
        leaves its stream when it is finished: its length is what waits."""
        platform = await self.look(name)
        if platform.backlog_cap <= 0:
            return
        waiting: int = await self._link.run(self._link.redis.xlen(self._names.outbound(name)))
        if waiting >= platform.backlog_cap:
            raise BacklogError(name, waiting, platform.backlog_cap, platform.paused)

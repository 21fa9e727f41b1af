"""The cap that a gateway puts on what waits for a platform."""

from .errors import BacklogFull
from .link import Link
from .names import Names


class Backlog:
    """Refuses to publish where the cap is reached. An entry leaves its stream
    when it is finished, so the stream's length is what waits. Several producers
    may pass at the same time and go a little over."""

    def __init__(self, link: Link, names: Names) -> None:
        self._link = link
        self._names = names

    async def check(self, platform: str) -> None:
        """Raises BacklogFull; a gateway that has not said its cap has none."""
        redis = self._link.redis
        told = await self._link.run(redis.hget(self._names.platform(platform), "backlog_cap"))
        cap = int(told) if told else 0
        if cap <= 0:
            return
        waiting: int = await self._link.run(redis.xlen(self._names.outbound(platform)))
        if waiting >= cap:
            raise BacklogFull(platform, waiting, cap)

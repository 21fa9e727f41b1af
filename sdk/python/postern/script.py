"""The Lua recipe that all workers share, and how a script is run."""

import hashlib
from collections.abc import Sequence
from importlib import resources
from typing import Any, Union

from redis.exceptions import NoScriptError

from .link import Link

Argument = Union[str, bytes, int]


class Script:
    """One file of postern/lock."""

    def __init__(self, name: str) -> None:
        self._text = resources.files(__package__).joinpath("lock", f"{name}.lua").read_text("utf-8")
        self._sha = hashlib.sha1(self._text.encode()).hexdigest()

    async def run(self, link: Link, keys: Sequence[str], arguments: Sequence[Argument]) -> Any:
        """Runs it by its digest, and by its text where Redis does not know it."""
        try:
            return await link.run(link.redis.evalsha(self._sha, len(keys), *keys, *arguments))
        except NoScriptError:
            return await link.run(link.redis.eval(self._text, len(keys), *keys, *arguments))

"""The names in Redis that workers and the gateway share."""

import re
from dataclasses import dataclass

_PLATFORM = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_LONGEST = 128  # bytes; each name is part of many keys


@dataclass(frozen=True)
class Names:
    """Where things are in Redis. What is left empty follows from the namespace.

    The gateway's config has the same settings under `wire`; they must agree.
    """

    namespace: str = "postern"
    outbound_prefix: str = ""
    group_prefix: str = ""
    inbound_stream: str = ""
    worker_group: str = ""

    def __post_init__(self) -> None:
        defaults = {
            "outbound_prefix": "outbound",
            "group_prefix": "gateway",
            "inbound_stream": "inbound",
            "worker_group": "workers",
        }
        for field, suffix in defaults.items():
            if not getattr(self, field):
                object.__setattr__(self, field, f"{self.namespace}:{suffix}")
        for field in ("namespace", *defaults):
            check_name(field, getattr(self, field))

    def outbound(self, platform: str) -> str:
        """The stream that a platform's envelopes are published to."""
        check_platform(platform)
        return f"{self.outbound_prefix}:{platform}"

    def group(self, platform: str) -> str:
        """The gateway's consumer group on that stream."""
        check_platform(platform)
        return f"{self.group_prefix}:{platform}"

    def platform(self, platform: str) -> str:
        """The hash that says what a platform is and can do."""
        check_platform(platform)
        return f"{self.namespace}:platform:{platform}"


def beside(stream: str, what: str) -> str:
    """The key of something kept about a stream, in its Cluster slot."""
    return "{" + stream + "}:" + what


def check_platform(name: str) -> None:
    """Raises ValueError unless name is one that a platform may have."""
    if not _PLATFORM.fullmatch(name):
        raise ValueError(
            f"platform name {name!r}: expected a lower-case letter or digit, "
            "then at most 62 of a-z, 0-9, _ and -"
        )


def check_name(field: str, name: str) -> str:
    """Returns the name. Raises ValueError unless it is one to have in Redis."""
    size = len(name.encode())
    if not name:
        raise ValueError(f"{field} is empty")
    if size > _LONGEST:
        raise ValueError(f"{field} has {size} bytes, expected at most {_LONGEST}")
    if "{" in name or "}" in name:
        raise ValueError(
            f"{field} is {name!r}: {{ and }} are kept for Cluster hash tags, "
            "choose a name without them"
        )
    if any(c.isspace() or not c.isprintable() for c in name):
        raise ValueError(
            f"{field} is {name!r}: choose a name without white space and control characters"
        )
    return name

"""A ceiling for the engine process's memory: what would go beyond fails, and nothing else does."""

import resource

__all__ = ["bound_memory"]


def bound_memory(limit: int | None) -> None:
    """From now on an allocation past so many bytes of private data fails, as torch reports it.

    So a render that is too large ends as out of memory, where the kernel would have killed the
    process and all its renders (setrlimit(2), RLIMIT_DATA). None bounds nothing.
    """
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))

"""What torch's errors mean for a render."""

import torch

__all__ = ["is_device_lost", "is_out_of_memory"]

#: The CPU's allocator raises a bare RuntimeError; these are its words.
_ALLOCATOR_WORDS = ("can't allocate memory", "not enough memory")


def is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error) if isinstance(error, RuntimeError) else ""
    return any(words in text for words in _ALLOCATOR_WORDS)


def is_device_lost(error: BaseException) -> bool:
    """After such an error every later call to the device in this process fails as well."""
    return isinstance(error, torch.AcceleratorError)

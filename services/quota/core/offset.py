"""The account's hash offset h (DAGOR's user hash): who gets the next whole unit of a fraction."""

from hashlib import sha256

from services.contracts import AccountId

__all__ = ["hash_offset"]


def hash_offset(account: AccountId) -> float:
    """In [0, 1), evenly spread over accounts, the same on every replica."""
    first = int.from_bytes(sha256(account.encode()).digest()[:8], "big")
    # 53 bits are what a float holds: more of them could round up to 1.
    return float((first >> 11) / 2**53)

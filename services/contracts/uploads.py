"""Where what clients sent lies in the blob store: gateway writes it, render reads it."""

from services.contracts.ids import AccountId, UploadId

__all__ = ["UPLOADS", "upload_key", "uploads_of"]

UPLOADS = "uploads"


def uploads_of(account: AccountId) -> str:
    return f"{UPLOADS}/{account}"


def upload_key(account: AccountId, upload: UploadId) -> str:
    """Photos and masks are PNG files, written anew from their pixels."""
    return f"{uploads_of(account)}/{upload}.png"

"""Secrets that must be had back are stored sealed: who reads the database can't use them."""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

__all__ = ["Sealer", "Unsealable"]

_PURPOSE = b"heatsink notify: secrets at rest"


class Unsealable(Exception):
    def __init__(self) -> None:
        super().__init__("a secret was sealed under another HEATSINK_PEPPER")


class Sealer:
    """By a key of the pepper's (HKDF, RFC 5869), in Fernet's form: AES-128-CBC, HMAC-SHA-256."""

    def __init__(self, pepper: SecretStr) -> None:
        derived = HKDF(SHA256(), 32, salt=None, info=_PURPOSE)
        key = derived.derive(pepper.get_secret_value().encode())
        self._fernet = Fernet(urlsafe_b64encode(key))

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """Raises Unsealable."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise Unsealable from error

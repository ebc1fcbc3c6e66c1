"""An API key as it comes over HTTP: one `Authorization: Bearer` header, and nowhere else."""

from starlette.requests import HTTPConnection

from services.kit.http.codes import Code
from services.kit.http.problems import ApiError

__all__ = ["bearer", "refuse_credentials_in_url"]

_KEY_START = "hs_live_"
_NAMES = frozenset({"api_key", "apikey", "api-key", "access_token", "authorization", "token"})


def bearer(request: HTTPConnection) -> str | None:
    """The key; none without the header or in another form of it. Raises ApiError for two."""
    headers = request.headers.getlist("authorization")
    if not headers:
        return None
    if len(headers) > 1:
        raise ApiError(Code.AMBIGUOUS_CREDENTIALS)
    scheme, _, plain = headers[0].partition(" ")
    if scheme.lower() != "bearer" or not plain.strip():
        return None
    return plain.strip()


def refuse_credentials_in_url(request: HTTPConnection) -> None:
    """A key in an address ends up in logs and histories: it is refused, right or wrong."""
    for name, value in request.query_params.multi_items():
        if name.lower() in _NAMES or value.startswith(_KEY_START):
            raise ApiError(Code.CREDENTIALS_IN_URL, "Send the key in the Authorization header.")

"""What webhooks and browsers have in common over HTTP."""

from services.kit.http import ApiError, Code
from services.notify.api.context import Notify
from services.notify.core.delivery import Channel
from services.notify.core.endpoint import Endpoint
from services.notify.keyring import KeyOwner

__all__ = ["forget", "owned"]


async def owned(here: Notify, owner: KeyOwner, id: str, channel: Channel) -> Endpoint:
    """Raises ApiError."""
    endpoint = await here.outside.endpoints.mine(owner.account, id, channel)
    if endpoint is None:
        raise ApiError(Code.NOT_FOUND)
    return endpoint


async def forget(here: Notify, endpoint: Endpoint) -> None:
    """With the log of its deliveries."""
    await here.outside.endpoints.delete(endpoint.id)
    await here.outside.deliveries.drop(("endpoint", "==", endpoint.id))
    here.outside.fanout.forget(endpoint.account)

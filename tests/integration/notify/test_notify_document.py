"""Notify keeps what its OpenAPI document promises."""

from tests.conformance import conforms
from tests.integration.notify.listening import Running


async def test_every_operation_but_the_stream_keeps_what_its_document_promises(
    notify: Running,
) -> None:
    await conforms(notify.url, notify.key.plain, "streamEvents")

"""A plain broadcast by Starlette: what it costs to hold streams and to write to all of them.

python -m benchmarks.push.bare PORT: GET /events is a stream, POST /tell?mark=… tells all of them.
"""

import asyncio
import sys
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

_QUEUES: set["asyncio.Queue[str]"] = set()


async def _events(_: Request) -> StreamingResponse:
    queue: asyncio.Queue[str] = asyncio.Queue(256)
    _QUEUES.add(queue)

    async def body() -> AsyncIterator[str]:
        try:
            yield ": hello\n\n"
            while True:
                yield f"event: job.completed\ndata: {await queue.get()}\n\n"
        finally:
            _QUEUES.discard(queue)

    return StreamingResponse(body(), media_type="text/event-stream")


async def _tell(request: Request) -> Response:
    for queue in _QUEUES:
        queue.put_nowait(request.query_params["mark"])
    return Response(status_code=204)


if __name__ == "__main__":
    routes = [Route("/events", _events), Route("/tell", _tell, methods=["POST"])]
    uvicorn.run(Starlette(routes=routes), port=int(sys.argv[1]), log_level="warning")

"""`python -m benchmarks.api.bare PORT`: a route of FastAPI that does nothing, on uvicorn."""

import sys

import uvicorn
from fastapi import FastAPI

__all__ = ["app"]

app = FastAPI()


@app.get("/nothing")
async def nothing() -> dict[str, str]:
    return {"status": "nothing"}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)

"""`/docs`: the OpenAPI document as a page to read and to try. Nothing of it is from elsewhere."""

from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

__all__ = ["ASSETS", "assets", "router"]

router = APIRouter(include_in_schema=False)

ASSETS = "/docs/assets"

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Heatsink: the API</title>
<link rel="stylesheet" href="docs/assets/swagger-ui.css">
<div id="api"></div>
<script src="docs/assets/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
"""
_START = """SwaggerUIBundle({
  url: "v1/openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null
});
"""


def assets() -> StaticFiles:
    """Swagger UI (Apache-2.0), as FastAPI would load it from elsewhere."""
    return StaticFiles(directory=str(files("fastapi_offline") / "static"))


@router.get("/docs")
async def page() -> HTMLResponse:
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})


@router.get("/docs/start.js")
async def start() -> Response:
    return Response(_START, media_type="text/javascript")

"""Gateway over HTTP: OpenAI's images API, the job API, limits, links, accounts."""

from services.gateway.api.app import create_app, guarded
from services.gateway.api.context import ApiSettings, Gateway, Tables

__all__ = ["ApiSettings", "Gateway", "Tables", "create_app", "guarded"]

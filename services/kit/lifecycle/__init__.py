"""How a service lives: starts, tells how it is, drains, ends."""

from services.kit.lifecycle.health import HealthServer, health_app
from services.kit.lifecycle.liveness import Heartbeat, Liveness, watch_loop
from services.kit.lifecycle.service import Build, Context, run_service, serve
from services.kit.lifecycle.supervision import ComponentEnded, supervise

__all__ = [
    "Build",
    "ComponentEnded",
    "Context",
    "HealthServer",
    "Heartbeat",
    "Liveness",
    "health_app",
    "run_service",
    "serve",
    "supervise",
    "watch_loop",
]

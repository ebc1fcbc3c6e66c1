"""`python -m services.render.worker` draws with one GPU (or CPU), alone or in a local fleet."""

import argparse
import os
from functools import partial

from services.contracts import Catalogue
from services.kit.build import build_info
from services.kit.data import load_yaml
from services.kit.lifecycle import run_service
from services.kit.settings import misconfigured, read
from services.render.settings import RenderSettings
from services.render.worker.wiring import Identity, build_worker

__all__ = ["main"]

_NAME = "render-worker"
_FLEET_SHARE = 0.5


def main() -> None:
    arguments = _parser().parse_args()
    settings = read(RenderSettings)
    catalogue = load_yaml(settings.catalogue, Catalogue)
    if not any(model.pool == settings.pool for model in catalogue.models):
        misconfigured(f"HEATSINK_RENDER_POOL: no model of the catalogue is in {settings.pool}")
    name = arguments.name or f"{settings.replica}-{os.getpid()}"
    identity = Identity(name, settings.replica, arguments.parent)
    build = partial(build_worker, catalogue=catalogue, identity=identity)
    run_service(_NAME, build_info().version, _own(settings, identity), build)


def _own(settings: RenderSettings, identity: Identity) -> RenderSettings:
    """In a fleet, ports and time belong to the parent: it must see us gone before its own end."""
    own: dict[str, object] = {"replica": identity.name}
    if identity.parent is not None:
        own |= {"health_port": 0, "drain_seconds": settings.drain_seconds * _FLEET_SHARE}
    return settings.model_copy(update=own)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.render.worker", description=__doc__)
    parser.add_argument("--name", help="what the worker is called in logs and load reports")
    parser.add_argument("--parent", type=int, help="process to follow: when it ends, we drain")
    return parser


if __name__ == "__main__":
    main()

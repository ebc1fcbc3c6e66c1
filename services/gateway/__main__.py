"""`python -m services.gateway` runs the service."""

from functools import partial

from services.contracts import Catalogue
from services.gateway.settings import GatewaySettings
from services.gateway.wiring import NAME, build
from services.kit.build import build_info
from services.kit.data import load_yaml
from services.kit.lifecycle import run_service
from services.kit.settings import read

__all__ = ["main"]


def main() -> None:
    settings = read(GatewaySettings)
    catalogue = load_yaml(settings.catalogue, Catalogue)
    run_service(NAME, build_info().version, settings, partial(build, catalogue=catalogue))


if __name__ == "__main__":
    main()

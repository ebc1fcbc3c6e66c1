"""`python -m services.render` takes in jobs, keeps a local fleet and reports the load."""

from functools import partial

from services.contracts import Catalogue
from services.kit.build import build_info
from services.kit.data import load_yaml
from services.kit.lifecycle import run_service
from services.kit.settings import read
from services.render.settings import RenderSettings
from services.render.wiring import NAME, build

__all__ = ["main"]


def main() -> None:
    settings = read(RenderSettings)
    catalogue = load_yaml(settings.catalogue, Catalogue)
    run_service(NAME, build_info().version, settings, partial(build, catalogue=catalogue))


if __name__ == "__main__":
    main()

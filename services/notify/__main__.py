"""`python -m services.notify`: pushes to clients what happens to their jobs."""

from services.kit.build import build_info
from services.kit.lifecycle import run_service
from services.kit.settings import read
from services.notify.settings import NotifySettings
from services.notify.wiring import NAME, build

if __name__ == "__main__":
    run_service(NAME, build_info().version, read(NotifySettings), build)

from pathlib import Path

from services.cli.up.addresses import SERVICES, Addresses
from services.cli.up.environment import service_environment
from services.cli.up.folder import DataFolder

PORTS = {"gateway": 1000, "notify": 1001} | {f"{name}-health": 2000 for name in SERVICES}
ADDRESSES = Addresses("127.0.0.1:9092", "mongodb://127.0.0.1:27017/", PORTS)


def environment(data: Path, **caller: str) -> dict[str, str]:
    return service_environment("gateway", ADDRESSES, DataFolder(data), "the pepper", caller)


def test_a_service_is_told_where_everything_is(tmp_path: Path) -> None:
    told = environment(tmp_path)
    assert told["HEATSINK_KAFKA_BOOTSTRAP"] == "127.0.0.1:9092"
    assert told["HEATSINK_MONGO_URL"] == "mongodb://127.0.0.1:27017/"
    assert told["HEATSINK_HEALTH_PORT"] == "2000"
    assert told["HEATSINK_GATEWAY_PUBLIC_URL"] == "http://127.0.0.1:1000"
    assert told["HEATSINK_GATEWAY_EVENTS_URL"] == "http://127.0.0.1:1001/v1/events"
    assert told["HEATSINK_GATEWAY_DEMO_KEYS_FILE"] == str(tmp_path / "demo-keys.json")
    assert told["HEATSINK_BLOBS"] == str(tmp_path / "blobs")
    assert told["HEATSINK_PEPPER"] == "the pepper"


def test_what_the_caller_set_passes_through(tmp_path: Path) -> None:
    told = environment(
        tmp_path, OMP_NUM_THREADS="1", HEATSINK_BLOBS="s3://pictures", HEATSINK_RENDER_SEED="7"
    )
    assert told["OMP_NUM_THREADS"] == "1"
    assert told["HEATSINK_BLOBS"] == "s3://pictures"
    assert told["HEATSINK_RENDER_SEED"] == "7"


def test_threads_are_nobodys_business_but_the_callers(tmp_path: Path) -> None:
    assert "OMP_NUM_THREADS" not in environment(tmp_path)


def test_one_health_port_for_all_is_overruled(tmp_path: Path) -> None:
    assert environment(tmp_path, HEATSINK_HEALTH_PORT="9")["HEATSINK_HEALTH_PORT"] == "2000"

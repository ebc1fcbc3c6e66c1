from pathlib import Path

from pydantic import SecretStr

from services.kit.settings import ServiceSettings
from services.kit.telemetry import Telemetry, metrics
from services.kit.telemetry.catalogue import main, page, scraped_name
from services.kit.telemetry.instruments import Counter, Gauge, Histogram, Level, Metric

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"


def test_the_page_is_as_the_catalogue_says() -> None:
    assert PAGE.read_text() == page(), "run ./task docs"


def touch(metric: Metric[...]) -> None:
    labels = dict.fromkeys(metric.label_names, "x")
    match metric:
        case Counter() | Level():
            metric.add(1, **labels)
        case Gauge():
            metric.set(1, **labels)
        case Histogram():
            metric.record(1, **labels)


def test_the_names_on_the_page_are_the_ones_that_are_scraped() -> None:
    settings = ServiceSettings(
        kafka_bootstrap="127.0.0.1:9092", mongo_url=SecretStr("mongodb://127.0.0.1")
    )
    telemetry = Telemetry.start("quota", "1", settings)
    every = [metric for chapter in metrics.CHAPTERS.values() for metric in chapter]
    for metric in every:
        touch(metric)
    lines = telemetry.exposition()[0].decode().splitlines()
    telemetry.shutdown()

    scraped = {line.partition("{")[0].partition(" ")[0] for line in lines if line[0] != "#"}
    for metric in every:
        end = "_count" if metric.kind == "histogram" else ""
        assert f"{scraped_name(metric)}{end}" in scraped


def test_the_page_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    target = tmp_path / "metrics.md"
    main(target)
    assert target.read_text() == page()

import motor.motor_asyncio as motor
import pytest
from pydantic import SecretStr
from pymongo.errors import DuplicateKeyError

from services.kit.settings import ServiceSettings
from services.kit.telemetry import Telemetry, span
from services.kit.telemetry.recording import recorded_spans


async def test_database_calls_are_spans_of_the_current_trace_without_what_they_say(
    mongo_url: str, database_name: str
) -> None:
    settings = ServiceSettings(kafka_bootstrap="127.0.0.1:9092", mongo_url=SecretStr(mongo_url))
    telemetry = Telemetry.start("gateway", "1", settings)
    client: motor.AsyncIOMotorClient[dict[str, object]] = motor.AsyncIOMotorClient(mongo_url)
    jobs = client[database_name]["jobs"]
    await jobs.create_index("prompt", unique=True)
    with recorded_spans() as exporter, span("submit"):
        await jobs.insert_one({"_id": "job_1", "prompt": "canary fox"})
        await jobs.find_one({"prompt": "canary fox"})
        with pytest.raises(DuplicateKeyError):
            await jobs.insert_one({"_id": "job_2", "prompt": "canary fox"})
    client.close()
    telemetry.shutdown()

    *calls, submit = exporter.get_finished_spans()
    assert [call.name.rpartition(".")[2] for call in calls] == ["insert", "find", "insert"]
    for call in calls:
        assert call.parent is not None
        assert call.parent.span_id == submit.context.span_id
        assert "canary" not in call.to_json()

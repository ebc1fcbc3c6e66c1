"""What render is told from outside: the service itself and its workers read the same."""

from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, model_validator

from services.kit.moderation import HttpModerator, Moderator
from services.kit.settings import ServiceSettings
from services.render.core import Bounds, RetryPolicy
from services.render.engine.options import EngineKind, EngineOptions
from services.render.engine.options import LogFormat as EngineLogFormat

__all__ = ["RenderSettings"]

_FINISH_SHARE = 0.4
_HAND_BACK_SHARE = 0.1
_GIGABYTE = 1024**3


class RenderSettings(ServiceSettings):
    """Read from `HEATSINK_RENDER_<FIELD>`."""

    service: ClassVar[str] = "render"

    pool: str = Field("default", min_length=1, max_length=64, description="name of a pool")
    workers: int = Field(
        1, ge=0, le=64, description="worker processes to keep alive here, 0 where others do"
    )
    workers_max: int | None = Field(
        None, ge=0, le=64, description="as many when much is asked; none: never more than workers"
    )
    workers_elsewhere: bool = Field(
        False, description="others start the workers, and read at /scale how many; none runs here"
    )
    scale_drain_seconds: float = Field(
        30, gt=0, le=3600, description="seconds within which more workers should empty the queue"
    )
    scale_calm_seconds: float = Field(
        60, ge=0, le=3600, description="seconds in which fewer would do before one worker leaves"
    )
    engine: EngineKind = Field(EngineKind.DIFFUSERS, description="diffusers or noop")
    device: str = Field("auto", min_length=1, description="auto, cpu, cuda, cuda:1 or mps")
    threads: int | None = Field(None, ge=1, description="threads of the model on a CPU")
    renders_at_once: int = Field(
        8, ge=1, le=64, description="renders that share the steps of one worker's model, 1 to 64"
    )
    models_gigabytes: float | None = Field(
        None, gt=0, description="memory for the models of one worker; none: all are in it at once"
    )
    memory_gigabytes: float | None = Field(
        None,
        gt=0,
        description="most memory of one worker's engine, but for a GPU's; none: no bound",
    )
    moderation_url: str | None = Field(
        None, description="an address that says which pictures are refused, as OpenAI's moderations"
    )
    moderation_seconds: float = Field(
        10, gt=0, le=60, description="seconds that it may take over one picture, up to 60"
    )
    noop_step_seconds: float = Field(
        0.05, ge=0, le=60, description="seconds a step of the noop engine takes"
    )
    lease_seconds: float = Field(
        30, ge=1, le=600, description="seconds without a renewal after which a job is taken back"
    )
    stall_seconds: float = Field(
        120, gt=0, le=7200, description="seconds without a step after which an engine is killed"
    )
    poll_seconds: float = Field(
        1, gt=0, le=60, description="seconds between looks at the queue when no news comes"
    )
    attempts: int = Field(3, ge=1, le=20, description="attempts at a job, 1 to 20")
    retry_delays: tuple[float, ...] = Field(
        (5, 30, 120), min_length=1, description="seconds before each further attempt: 5,30,120"
    )
    progress_per_second: float = Field(
        4, gt=0, le=60, description="progress reports of one job in a second, at most"
    )
    pace: float = Field(
        1.0, ge=1, le=100, description="promised waits are divided by it: for drills"
    )
    assumed_speed: float = Field(
        0.5, gt=0, description="megapixel-steps per second of a worker not measured yet"
    )

    @model_validator(mode="after")
    def _delays_are_positive(self) -> Self:
        if any(delay < 0 for delay in self.retry_delays):
            raise ValueError("HEATSINK_RENDER_RETRY_DELAYS has a negative delay")
        return self

    @model_validator(mode="after")
    def _most_is_no_less_than_least(self) -> Self:
        if self.workers_max is not None and self.workers_max < self.workers:
            raise ValueError("HEATSINK_RENDER_WORKERS_MAX is below HEATSINK_RENDER_WORKERS")
        return self

    @property
    def moderator(self) -> Moderator | None:
        if self.moderation_url is None:
            return None
        return HttpModerator(self.moderation_url, seconds=self.moderation_seconds)

    @property
    def bounds(self) -> Bounds:
        return Bounds(
            least=self.workers,
            most=self.workers if self.workers_max is None else self.workers_max,
            drain_seconds=self.scale_drain_seconds,
            calm_seconds=self.scale_calm_seconds,
        )

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.lease_seconds)

    @property
    def retries(self) -> RetryPolicy:
        return RetryPolicy(self.attempts, self.retry_delays)

    @property
    def finish_seconds(self) -> float:
        """How long a stopping worker lets its renders run on; the rest is for what follows."""
        return self.drain_seconds * _FINISH_SHARE

    @property
    def hand_back_seconds(self) -> float:
        """How long it then tries to give back what is left."""
        return self.drain_seconds * _HAND_BACK_SHARE

    def engine_options(self, models: tuple[str, ...]) -> EngineOptions:
        return EngineOptions(
            catalogue=Path(self.catalogue),
            models=models,
            kind=self.engine,
            device=self.device,
            threads=self.threads,
            renders_at_once=self.renders_at_once,
            models_bytes=_bytes(self.models_gigabytes),
            memory_bytes=_bytes(self.memory_gigabytes),
            noop_step_seconds=self.noop_step_seconds,
            log_format=EngineLogFormat(self.log_format.value),
        )


def _bytes(gigabytes: float | None) -> int | None:
    return None if gigabytes is None else int(gigabytes * _GIGABYTE)

"""The fleet: what waits, what is drawn, and what went wrong on the way."""

from services.kit.telemetry.instruments import Counter, Gauge, Histogram, Labels

__all__ = [
    "BATCH_SIZE",
    "CLAIMS",
    "DEFERRALS",
    "FENCED_RESULTS",
    "HEAT",
    "LEADER",
    "LEASES_LOST",
    "MODEL_LOAD_SECONDS",
    "POISONED_JOBS",
    "QUEUE_OLDEST_SECONDS",
    "QUEUE_WAITING",
    "QUEUE_WAIT_SECONDS",
    "RENDER_SECONDS",
    "REQUEUES",
    "STEPS",
    "WORKERS",
    "WORKERS_WANTED",
]


def _pool(*, pool: str) -> Labels:
    return {"pool": pool}


def _lane(*, lane: str) -> Labels:
    return {"lane": lane}


def _pool_lane(*, pool: str, lane: str) -> Labels:
    return {"pool": pool, "lane": lane}


def _pool_state(*, pool: str, state: str) -> Labels:
    return {"pool": pool, "state": state}


def _model(*, model: str) -> Labels:
    return {"model": model}


def _model_status(*, model: str, status: str) -> Labels:
    return {"model": model, "status": status}


def _reason(*, reason: str) -> Labels:
    return {"reason": reason}


def _lease(*, lease: str) -> Labels:
    return {"lease": lease}


def _none() -> Labels:
    return {}


QUEUE_WAITING = Gauge(
    "heatsink.queue.waiting", "{job}", "Admitted jobs that no worker has claimed yet.", _pool_lane
)
QUEUE_OLDEST_SECONDS = Gauge(
    "heatsink.queue.oldest", "s", "Age of the job that has waited longest.", _pool_lane
)
QUEUE_WAIT_SECONDS = Histogram(
    "heatsink.queue.wait",
    "s",
    "From a job's entry into the queue to its claim.",
    _lane,
    bounds=(0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 15, 30, 60, 120, 300, 900, 3600),
)
CLAIMS = Counter("heatsink.render.claims", "{claim}", "Jobs claimed by a worker.", _lane)
RENDER_SECONDS = Histogram(
    "heatsink.render.duration",
    "s",
    "From claim to end of one attempt.",
    _model_status,
    bounds=(0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300),
)
STEPS = Counter("heatsink.render.steps", "{step}", "Denoising steps done.", _model)
BATCH_SIZE = Histogram(
    "heatsink.render.batch.size",
    "{image}",
    "Images that one run of the model worked on.",
    _model,
    bounds=(1, 2, 3, 4, 6, 8, 12, 16, 24, 32),
)
MODEL_LOAD_SECONDS = Histogram(
    "heatsink.render.model.load",
    "s",
    "Time to get a model ready to draw.",
    _model,
    bounds=(0.5, 1, 2, 5, 10, 20, 40, 80, 160, 320),
)
REQUEUES = Counter(
    "heatsink.render.requeues", "{job}", "Jobs given back to the queue, by why.", _reason
)
DEFERRALS = Counter(
    "heatsink.render.deferrals", "{job}", "Jobs put off to the deferred lane.", _reason
)
POISONED_JOBS = Counter(
    "heatsink.render.poisoned", "{job}", "Jobs failed for good: every attempt ended badly.", _model
)
FENCED_RESULTS = Counter(
    "heatsink.render.fenced", "{result}", "Late results that met the fence and were dropped.", _none
)
LEASES_LOST = Counter(
    "heatsink.leases.lost", "{lease}", "Leases that their holder failed to renew in time.", _lease
)
LEADER = Gauge("heatsink.leases.leader", "1", "1 while this replica holds the lease.", _lease)
WORKERS = Gauge(
    "heatsink.workers", "{worker}", "Workers that are starting, ready or draining.", _pool_state
)
WORKERS_WANTED = Gauge(
    "heatsink.workers.wanted", "{worker}", "Workers that the controller asks for.", _pool
)
HEAT = Gauge("heatsink.heat", "1", "0 cool, 1 warm, 2 hot, 3 melting.", _pool)

"""A service's settings: a frozen class, read once, or one clear line and exit 78."""

from services.kit.settings.environment import read, variables
from services.kit.settings.misconfigured import first_problem, misconfigured
from services.kit.settings.model import (
    KafkaSecurity,
    LogFormat,
    MongoUrl,
    Port,
    Secret,
    ServiceSettings,
)

__all__ = [
    "KafkaSecurity",
    "LogFormat",
    "MongoUrl",
    "Port",
    "Secret",
    "ServiceSettings",
    "first_problem",
    "misconfigured",
    "read",
    "variables",
]

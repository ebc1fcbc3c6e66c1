"""What a person wants to know once everything runs."""

from pathlib import Path

from services.cli.up.running import Running

__all__ = ["summary"]


def summary(running: Running, logs: Path) -> str:
    keys = running.keys
    return f"""
  Heatsink is ready.

  API      {running.url}  (base URL of OpenAI clients: {running.url}/v1)
  docs     {running.url}/docs
  events   {running.events_url}/v1/events
  Kafka    {running.parts["HEATSINK_KAFKA_BOOTSTRAP"]}
  logs     {logs}

  keys     free      {keys.free}
           plus      {keys.plus}
           pro       {keys.pro}
           operator  {keys.operator}

  try it   curl -s {running.url}/v1/images/generations \\
             -H 'Authorization: Bearer {keys.free}' \\
             -H 'Content-Type: application/json' \\
             -d '{{"model": "ember", "prompt": "a red fox"}}'

  Ctrl-C stops everything.
"""

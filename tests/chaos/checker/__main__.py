"""The independent checker: databases, topics and clients' diaries in, one JSON object out.

It knows nothing of the services but the names of their topics, databases and fields. What may
still be on its way is given `--within` seconds. Exit code 0: every law holds; 1: one does not.
"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.chaos.checker.counts import figures
from tests.chaos.checker.databases import read
from tests.chaos.checker.evidence import Diary, Evidence
from tests.chaos.checker.laws import broken
from tests.chaos.checker.topics import Topics

__all__ = ["main"]

_LOOK_EVERY = 0.5


def main() -> int:
    told = _parser().parse_args()
    found = asyncio.run(_check(told))
    sys.stdout.write(json.dumps(found, default=str) + "\n")
    return 1 if found["findings"] else 0


async def _check(told: argparse.Namespace) -> dict[str, Any]:
    diary = Diary.read(told.log)
    began = time.monotonic()
    async with Topics.since(diary.began, told.kafka, told.topic_prefix, diary.accounts) as topics:
        while True:
            stored = read(told.mongo, told.database_prefix, diary.accounts)
            await topics.read_on()
            evidence = Evidence(
                diary, stored, tuple(topics.records), topics.dead_letters, told.blobs
            )
            findings = broken(evidence)
            if not findings or time.monotonic() - began > told.within:
                break
            await asyncio.sleep(_LOOK_EVERY)
    return {
        "findings": [asdict(finding) for finding in findings],
        "figures": figures(evidence),
        "seconds": round(time.monotonic() - began, 1),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.checker", description=__doc__)
    parser.add_argument("--mongo", required=True, help="address of the database")
    parser.add_argument("--kafka", required=True, help="brokers as host:port")
    parser.add_argument("--log", required=True, type=Path, action="append", help="clients' diary")
    parser.add_argument("--blobs", type=Path, help="folder of the pictures")
    parser.add_argument("--within", type=float, default=30.0, help="seconds to come to rest")
    parser.add_argument("--topic-prefix", default="heatsink")
    parser.add_argument("--database-prefix", default="heatsink")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())

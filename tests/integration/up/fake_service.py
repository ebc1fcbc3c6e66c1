"""Stands where a service would: `python fake_service.py <name>`.

FAKE_<NAME> says how it behaves: `dies` at once, is `never` ready, or works (the default).
"""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import FrameType
from typing import Any

NAME = sys.argv[1]
BEHAVIOUR = os.environ.get(f"FAKE_{NAME.upper()}", "works")
KEYS = {plan: f"hs_{plan}" for plan in ("free", "plus", "pro", "operator")}


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(503 if BEHAVIOUR == "never" else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"reasons": {"model": "loading"}}).encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def drain(_number: int, _frame: FrameType | None) -> None:
    say(f"{NAME} drained")
    raise SystemExit(0)


def main() -> None:
    if BEHAVIOUR == "dies":
        say("HEATSINK_CATALOGUE: is not set")
        raise SystemExit(78)
    signal.signal(signal.SIGTERM, drain)
    if NAME == "gateway":
        Path(os.environ["HEATSINK_GATEWAY_DEMO_KEYS_FILE"]).write_text(json.dumps(KEYS))
    server = HTTPServer(("127.0.0.1", int(os.environ["HEATSINK_HEALTH_PORT"])), Health)
    say(f"{NAME} started")
    server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    main()

"""The engine process. Only `EngineProcess` starts it: it speaks on an inherited socket."""

import argparse
import os
import socket
import sys
from functools import partial

from services.render.engine import logs
from services.render.engine.ceiling import bound_memory
from services.render.engine.guard import follow_parent
from services.render.engine.options import EngineKind, EngineOptions
from services.render.engine.painter import Painter, Tell
from services.render.engine.plan import plan
from services.render.engine.server import Server

#: Read by the libraries when they are imported: nothing is fetched, nothing foreign is run.
_OFFLINE = {
    "DIFFUSERS_DISABLE_REMOTE_CODE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_OFFLINE": "1",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="services.render.engine", description=__doc__)
    parser.add_argument("--socket", type=int, required=True, help="number of the open socket")
    parser.add_argument("--parent", type=int, required=True, help="process id of the worker")
    parser.add_argument("--options", type=EngineOptions.from_json, required=True, help="as JSON")
    arguments = parser.parse_args()
    follow_parent(arguments.parent)
    os.environ.update(_OFFLINE)
    logs.configure(arguments.options.log_format)
    bound_memory(arguments.options.memory_bytes)
    with socket.socket(fileno=arguments.socket) as connection:
        return Server(connection, partial(_painter, arguments.options)).run()


def _painter(options: EngineOptions, tell: Tell) -> Painter:
    """Only what is used is imported: torch and diffusers take more than ten seconds."""
    match options.kind:
        case EngineKind.NOOP:
            from services.render.engine.noop import NoopPainter  # noqa: PLC0415 - see above

            return NoopPainter(options)
        case EngineKind.DIFFUSERS:
            decided = plan(options)
            from services.render.engine.pipeline import DiffusersPainter  # noqa: PLC0415 - see above

            return DiffusersPainter(options, decided, tell)


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # Taking an interpreter with torch in it apart lasts two seconds, and nothing is left to save.
    os._exit(code)

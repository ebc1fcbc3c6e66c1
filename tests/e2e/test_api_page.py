"""`docs/api.md` as a new user would try it: every block is run as it stands, in its order."""

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from services.cli.up import System
from tests.e2e.conftest import NewCustomer

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
BLOCK = re.compile(r"^```(sh|python|js)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUNNERS = {
    "sh": ("bash", "-ec"),
    "python": (sys.executable, "-c"),
    "js": ("node", "--input-type=module", "--eval"),
}


def blocks() -> list[tuple[str, str]]:
    found = [(kind, code) for kind, code in BLOCK.findall(PAGE.read_text())]
    assert {kind for kind, _ in found} == set(RUNNERS), "each language has an example"
    return found


async def test_every_block_of_the_page_runs(
    system: System, customer: NewCustomer, tmp_path: Path
) -> None:
    someone = await customer("plus")
    given = {**os.environ, "HEATSINK_URL": system.url, "HEATSINK_KEY": someone.key}
    for kind, code in blocks():
        if kind == "js" and shutil.which("node") is None:
            continue
        ran = await asyncio.create_subprocess_exec(
            *RUNNERS[kind],
            code,
            cwd=tmp_path,
            env=given,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await ran.communicate()
        assert ran.returncode == 0, f"{code}\n{said.decode()}"
        assert said or kind == "python", code
    if shutil.which("node") is None:
        pytest.skip("the JavaScript block needs node; the others ran")

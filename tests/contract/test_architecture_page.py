"""The pages that walk through the code name files that exist."""

import re
from pathlib import Path

import pytest

from services.contracts.documents import ROOT

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
MENTION = re.compile(r"`((?:services|tests|models|benchmarks|deploy|docs)/[\w./-]+)`")
LINK = re.compile(r"\]\((?!\w+:|#)([^)#]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text()
    named = [ROOT / path for path in MENTION.findall(text)]
    linked = [page.parent / path for path in LINK.findall(text)]
    assert [str(path) for path in [*named, *linked] if not path.exists()] == []

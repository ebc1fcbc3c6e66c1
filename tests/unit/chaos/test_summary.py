import pytest

from tests.chaos.summary import BEGIN, END, table, written

COMMON = {
    "run": "2026-11-25T23:00:00",
    "row": "P-01",
    "test": "test_it_holds",
    "seed": 7,
    "scale": 1,
}


def line(figure: str, value: object, **others: object) -> dict[str, object]:
    return {**COMMON, "figure": figure, "value": value, **others}


def test_each_test_of_the_newest_run_has_a_line_and_the_last_line_adds_up() -> None:
    shown = table(
        [
            line("jobs", 99, run="an older one"),
            line("jobs", 3),
            line("duplicates", {"renders": 2, "requests": 1}),
            line("slowest_recovery", 1.25),
            line("jobs", 4, test="test_that_holds[too]"),
            line("slowest_recovery", None, test="test_that_holds[too]"),
        ]
    ).splitlines()
    assert shown[0] == "Run of 2026-11-25T23:00:00, seed 7, scale 1."
    assert shown[4:] == [
        "| P-01 | it holds |  | 3 |  |  |  |  | 1.2 |  | 3 |",
        "| P-01 | that holds[too] |  | 4 |  |  |  |  |  |  |  |",
        "| | **2 tests** | 0 | 7 | 0 | 0 | 0 | 0 | 1.2 | 0 | 3 |",
    ]


def test_the_table_is_written_between_the_markers_alone() -> None:
    assert written(f"a\n{BEGIN}\nold\n{END}\nz\n", "new\n") == f"a\n{BEGIN}\nnew\n{END}\nz\n"
    with pytest.raises(ValueError, match="lacks"):
        written("a page", "new\n")

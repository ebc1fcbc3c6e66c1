from hypothesis import given
from hypothesis import strategies as st

from services.kit.bus.prefix import OffsetPrefix

offsets = st.lists(st.integers(0, 1000), unique=True, min_size=1, max_size=50).map(sorted)


@given(offsets.flatmap(lambda begun: st.tuples(st.just(begun), st.permutations(begun), st.data())))
def test_never_more_is_committed_than_is_done_without_a_gap(
    drawn: tuple[list[int], list[int], st.DataObject],
) -> None:
    begun, order, data = drawn
    done = set(order[: data.draw(st.integers(0, len(order)))])
    prefix = OffsetPrefix()
    for offset in begun:
        prefix.begin(offset)
    for offset in order:
        if offset in done:
            prefix.finish(offset)

    contiguous = next((k for k, offset in enumerate(begun) if offset not in done), len(begun))
    assert prefix.next == (begun[contiguous - 1] + 1 if contiguous else None)
    assert prefix.open == len(begun) - contiguous


def test_the_first_offset_without_an_outcome_moves_with_the_outcomes() -> None:
    prefix = OffsetPrefix()
    prefix.begin(3)
    prefix.begin(4)
    prefix.finish(4)
    before = prefix.first_open
    prefix.finish(3)

    assert (before, prefix.first_open) == (3, None)

import pytest

from services.kit.errors import Unavailable
from tests.unit.render.bench import House, away


async def test_a_line_that_is_known_to_have_come_as_far_is_not_asked() -> None:
    house = House()
    await house.lines.claimed("default/free", 2.0)
    house.clocks.fail_next(away())
    await house.lines.claimed("default/free", 2.0)
    await house.lines.claimed("default/free", 1.0)
    with pytest.raises(Unavailable):
        await house.lines.claimed("default/free", 3.0)
    await house.lines.claimed("default/free", 3.0)
    clock = await house.clocks.load("default/free")
    assert clock
    assert clock.state.virtual == 3.0

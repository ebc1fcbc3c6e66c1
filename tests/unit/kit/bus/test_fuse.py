from services.kit.bus.fuse import Fuse


def test_twenty_bad_records_in_a_row_blow_it() -> None:
    fuse = Fuse()

    assert [fuse.bad() for _ in range(20)] == [False] * 19 + [True]
    assert fuse.blown


def test_a_good_record_begins_a_new_row() -> None:
    fuse = Fuse()
    for _ in range(5):
        for _ in range(19):
            fuse.bad()
        fuse.good()

    assert not fuse.blown


def test_more_than_one_percent_of_the_last_ten_thousand_blow_it() -> None:
    fuse = Fuse()
    for _ in range(100):
        fuse.bad()
        fuse.good()

    assert not fuse.blown
    assert fuse.bad()


def test_bad_records_older_than_the_window_are_forgotten() -> None:
    fuse = Fuse()
    for _ in range(100):
        fuse.bad()
        fuse.good()
    for _ in range(9_998):
        fuse.good()

    assert not fuse.bad()


def test_a_blown_fuse_stays_blown() -> None:
    fuse = Fuse(in_a_row=1)
    fuse.bad()

    for _ in range(100):
        fuse.good()

    assert fuse.blown

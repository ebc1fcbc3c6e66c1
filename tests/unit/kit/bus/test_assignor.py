from services.kit.bus.assignor import Assignor

TOPICS = {"a", "b"}


class Brokers:
    """Partitions of each topic, as a cluster's metadata and as a consumer tells them."""

    def __init__(self, **counts: int) -> None:
        self.counts = counts

    def topics(self) -> set[str]:
        return set(self.counts)

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return set(range(self.counts[topic])) if topic in self.counts else None


def divided(brokers: Brokers, members: int) -> dict[str, set[tuple[str, int]]]:
    assignor = Assignor()
    metadata = {f"m{number}": assignor.metadata(TOPICS) for number in range(members)}
    return {
        member: {(place.topic, place.partition) for place in share.partitions()}
        for member, share in assignor.assign(brokers, metadata).items()
    }


def test_partitions_are_dealt_out_evenly_and_each_once() -> None:
    shares = divided(Brokers(a=8, b=4), members=3)

    assert [len(share) for share in shares.values()] == [4, 4, 4]
    assert len(set.union(*shares.values())) == 12


def test_a_member_sees_that_its_share_comes_from_another_time() -> None:
    assignor = Assignor()
    share = assignor.assign(Brokers(a=8, b=4), {"m": assignor.metadata(TOPICS)})["m"]
    assignor.on_assignment(share)

    assert not assignor.outdated(Brokers(a=8, b=4), TOPICS)
    assert assignor.outdated(Brokers(a=16, b=4), TOPICS)
    assert assignor.outdated(Brokers(a=8), TOPICS)


def test_a_share_of_unknown_origin_is_outdated() -> None:
    assert Assignor().outdated(Brokers(a=8, b=4), TOPICS)


def test_only_a_renewed_member_looks_new_to_the_brokers() -> None:
    assignor = Assignor()
    before, same = assignor.metadata(TOPICS), assignor.metadata(TOPICS)
    assignor.renew()

    assert before.user_data == same.user_data
    assert assignor.metadata(TOPICS).user_data != before.user_data

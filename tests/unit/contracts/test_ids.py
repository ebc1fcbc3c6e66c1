from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from services.contracts import AccountId, EventId, JobId, KeyId, SubmissionId

NOW = datetime(2026, 3, 25, 18, tzinfo=UTC)


def test_ids_sort_by_birth_and_say_what_they_name() -> None:
    ids = [JobId.new(NOW + timedelta(milliseconds=k)) for k in range(50)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 50
    assert all(job.startswith("job_") for job in ids)


def test_an_id_is_a_uuid_of_version_7() -> None:
    body = EventId.new(NOW).removeprefix("evt_")
    assert body[12] == "7"
    assert body[16] in "89ab"
    assert int(body[:12], 16) == int(NOW.timestamp() * 1000)


@given(st.text(max_size=60))
def test_no_other_text_is_an_id(text: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        JobId(text)


@pytest.mark.parametrize("bad", ["job_" + "0" * 31, "acc_" + "0" * 32, "job_" + "G" * 32, 7, None])
def test_pydantic_refuses_other_forms(bad: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(JobId).validate_python(bad)


def test_an_id_read_from_json_has_its_type() -> None:
    account = AccountId.new(NOW)
    adapter = TypeAdapter(AccountId)
    read = adapter.validate_json(adapter.dump_json(account))
    assert type(read) is AccountId
    assert read == account


def test_submissions_and_keys_have_forms_of_their_own() -> None:
    assert SubmissionId("order-4711/1") == "order-4711/1"
    with pytest.raises(ValueError, match="not an id"):
        SubmissionId("two words")
    assert KeyId("key_a1b2c3d4") == "key_a1b2c3d4"
    with pytest.raises(ValueError, match="not an id"):
        KeyId("key_A1B2C3D4")


@given(st.integers(0, 2**48 - 1), st.datetimes(timezones=st.just(UTC)))
def test_a_strangers_id_may_name_any_moment_and_is_older_or_not(born: int, now: datetime) -> None:
    job = JobId(f"job_{born:012x}{'0' * 20}")
    assert job.born_by(now) == (born <= int(now.timestamp() * 1000))

import inspect

import pytest
from opentelemetry.trace import StatusCode

from services.kit.telemetry import current_traceparent, metrics, span
from services.kit.telemetry.instruments import Metric
from services.kit.telemetry.recording import recorded_metrics, recorded_spans

REMOTE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_metric_counts_by_its_labels() -> None:
    with recorded_metrics() as figures:
        metrics.JOBS_SUBMITTED.add(2, plan="free", origin="http")
        metrics.JOBS_SUBMITTED.add(1, plan="pro", origin="http")
        metrics.RENDER_SECONDS.record(1.5, model="ember", status="completed")
        metrics.RENDER_SECONDS.record(0.5, model="ember", status="completed")

        assert figures.of(metrics.JOBS_SUBMITTED, plan="free", origin="http") == 2
        assert figures.of(metrics.RENDER_SECONDS, model="ember", status="completed") == 2.0
        assert figures.count(metrics.RENDER_SECONDS, model="ember", status="completed") == 2
        assert figures.of(metrics.JOBS_SUBMITTED, plan="plus", origin="http") == 0


def test_a_misspelt_label_is_an_error_at_once() -> None:
    with pytest.raises(TypeError, match="plam"):
        metrics.JOBS_SUBMITTED.add(1, plam="free", origin="http")  # type: ignore[call-arg] # the point


def test_a_missing_label_is_an_error_at_once() -> None:
    with pytest.raises(TypeError, match="origin"):
        metrics.JOBS_SUBMITTED.add(1, plan="free")  # type: ignore[call-arg] # the point


def test_a_misspelt_metric_is_an_error_at_once() -> None:
    with pytest.raises(AttributeError, match="JOBS_SUBMITED"):
        metrics.JOBS_SUBMITED  # type: ignore[attr-defined] # noqa: B018 - the point


def test_figures_before_the_start_go_nowhere_and_harm_nothing() -> None:
    metrics.CLAIMS.add(1, lane="free")


def all_metrics() -> list[Metric[...]]:
    return [metric for chapter in metrics.CHAPTERS.values() for metric in chapter]


def test_every_metric_has_its_own_name_and_is_exported() -> None:
    names = [metric.name for metric in all_metrics()]
    assert len(names) == len(set(names))
    exported = [getattr(metrics, name) for name in metrics.__all__]
    assert {id(one) for one in exported if isinstance(one, Metric)} == set(map(id, all_metrics()))


@pytest.mark.parametrize("metric", all_metrics(), ids=lambda metric: metric.name)
def test_labels_answer_what_they_are_asked_with(metric: Metric[...]) -> None:
    given = {name: f"a {name}" for name in metric.label_names}
    assert metric._labels(**given) == given
    assert all(
        parameter.kind is inspect.Parameter.KEYWORD_ONLY
        for parameter in inspect.signature(metric._labels).parameters.values()
    )


def test_a_span_continues_the_trace_that_it_is_given() -> None:
    with recorded_spans() as exporter, span("handle", parent=REMOTE):
        inside = current_traceparent()
        with span("step"):
            pass

    step, handle = exporter.get_finished_spans()
    assert inside is not None
    assert inside.split("-")[1] == REMOTE.split("-")[1]
    assert handle.parent is not None
    assert f"{handle.parent.span_id:016x}" == REMOTE.split("-")[2]
    assert step.parent is not None
    assert step.parent.span_id == handle.context.span_id


@pytest.mark.parametrize("broken", ["", "nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_a_broken_traceparent_begins_a_trace_of_its_own(broken: str) -> None:
    with recorded_spans() as exporter, span("handle", parent=broken):
        pass
    (made,) = exporter.get_finished_spans()
    assert made.parent is None


def test_a_foreign_parent_wins_over_the_current_span() -> None:
    with recorded_spans() as exporter, span("poll"), span("handle", parent=REMOTE):
        pass
    handle, poll = exporter.get_finished_spans()
    assert handle.context.trace_id != poll.context.trace_id


def test_outside_of_any_span_there_is_no_traceparent() -> None:
    assert current_traceparent() is None


def test_an_exception_marks_its_span_by_type_and_never_by_message() -> None:
    with recorded_spans() as exporter, pytest.raises(ValueError, match="red fox"), span("draw"):
        raise ValueError("a red fox in the snow")
    (made,) = exporter.get_finished_spans()
    assert made.status.status_code is StatusCode.ERROR
    assert made.attributes == {"error.type": "ValueError"}
    assert "red fox" not in made.to_json()


def test_attributes_with_private_names_or_keys_in_them_are_redacted() -> None:
    note = "called with hs_live_abcdefgh_secretsecret"
    with (
        recorded_spans() as exporter,
        span("draw", prompt="a fox", note=note, lane="free", no=None),
    ):
        pass
    (made,) = exporter.get_finished_spans()
    assert made.attributes == {
        "prompt": "[redacted]",
        "note": "called with hs_live_***",
        "lane": "free",
    }

"""What is counted can be read by Prometheus and by us, whoever counts meanwhile."""

import threading

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from notifications.process import metrics
from notifications.process.counting import (
    BOUNDS_S,
    Collector,
    Figure,
    Histogram,
    Number,
    quantile,
)


def told(*made):
    """What a scraper reads of these: name and labels -> value."""
    registry = CollectorRegistry()
    registry.register(Collector(made))
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def test_counters_and_gauges_are_told_with_their_labels():
    counter = Figure("counter", "letters", "Letters", ["size"])
    gauge, asked = Figure("gauge", "open", "Open"), Figure("gauge", "age", "Age")
    counter.labels("large").inc(2)
    counter.labels("small").inc()
    gauge.set(7)
    gauge.dec()
    asked.follow(lambda: 1.5)
    assert told(counter, gauge, asked) == {
        ("letters_total", "large"): 2,
        ("letters_total", "small"): 1,
        ("open",): 6,
        ("age",): 1.5,
    }


def test_a_label_too_few_is_a_bug_and_is_told_at_once():
    with pytest.raises(ValueError, match="has the labels"):
        Figure("counter", "letters", "Letters", ["size", "colour"]).labels("large")


def test_a_histogram_is_told_as_prometheus_has_them():
    histogram = Histogram("wait_seconds", "Waits")
    for seconds, times in ((-1, 1), (0.001, 1), (0.3, 5), (1000, 1)):
        histogram.observe(seconds, times)
    said = told(histogram)
    assert said["wait_seconds_bucket", "0.001"] == 2
    assert said["wait_seconds_bucket", "0.25"] == 2
    assert said["wait_seconds_bucket", "0.5"] == 7
    assert said["wait_seconds_bucket", "+Inf"] == said["wait_seconds_count",] == 8
    assert said["wait_seconds_sum",] == pytest.approx(1001.501)


def test_a_share_is_found_within_its_bucket():
    counts = [0] * (len(BOUNDS_S) + 1)
    assert quantile(counts, 0.5) is None
    counts[BOUNDS_S.index(1.0)] = 100  # from half a second to one
    assert quantile(counts, 0.5) == pytest.approx(0.75)
    assert quantile(counts, 0.99) == pytest.approx(0.995)
    counts[-1] = 1000
    assert quantile(counts, 0.5) == BOUNDS_S[-1]


def test_threads_that_count_at_once_lose_nothing():
    number, histogram = Number(), Histogram("wait_seconds", "Waits")

    def count():
        for _ in range(2000):
            number.inc()
            histogram.observe(0.2)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert number.value == sum(histogram.read()[0]) == 8000


def test_what_is_timed_and_fails_is_not_observed():
    histogram = Histogram("wait_seconds", "Waits")
    with metrics.timed(histogram):
        pass
    with pytest.raises(LookupError), metrics.timed(histogram):
        raise LookupError
    assert sum(histogram.read()[0]) == 1


def test_the_process_reads_its_own_figures_by_name():
    metrics.bugs.labels("a reading").inc()
    said = metrics.readings()
    assert said["notifications_bugs{a reading}"] >= 1
    assert len(said["notifications_handshake_seconds"]) == len(BOUNDS_S) + 1
    names = [metric.name for metric in metrics.declared()]
    assert len(names) == len(set(names))

"""docs/reference/metrics.md names what the code counts, and what is deployed asks for no other."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from notifications.process import metrics
from notifications.wire.contract import CloseCode
from tests.docs import markdown

PAGE = markdown.DOCS / "reference" / "metrics.md"
ROWS = {
    markdown.code(row["metric"])[0]: row
    for row in markdown.rows_with(PAGE.read_text("utf-8"), "metric", "type", "labels", "meaning")
}
DEPLOY = markdown.REPOSITORY / "deploy"
HOWTO = (markdown.DOCS / "howto" / "watch-it-in-production.md").read_text("utf-8")
ALERTS = [
    rule
    for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
BOARD = json.loads((DEPLOY / "grafana-dashboard.json").read_text("utf-8"))
ASKED = [target["expr"] for panel in BOARD["panels"] for target in panel.get("targets", ())]


def exposed(metric):
    """The name under which /metrics tells of it."""
    return f"{metric.name}_total" if metric.kind == "counter" else metric.name


DECLARED = {exposed(metric): metric for metric in metrics.declared()}


def test_the_page_has_a_row_for_each_metric_and_no_other():
    assert sorted(ROWS) == sorted(DECLARED), (
        "docs/reference/metrics.md has one row for each metric of notifications/process/metrics.py "
        "(columns metric, type, labels, meaning), by the name that /metrics has for it."
    )


@pytest.mark.parametrize("name", sorted(DECLARED.keys() & ROWS.keys()))
def test_type_and_labels_are_those_of_the_code(name):
    metric, row = DECLARED[name], ROWS[name]
    assert row["type"] == metric.kind
    assert tuple(markdown.code(row["labels"])) == getattr(metric, "label_names", ())
    assert len(row["meaning"].split()) > 2


# --- What is deployed -----------------------------------------------------------------------------


def named(expressions):
    """The metrics of ours that these ask for."""
    found = re.findall(r"\bnotifications_\w+", " ".join(expressions))
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in found}


def test_the_dashboard_shows_each_metric_and_no_other():
    assert named(ASKED) == set(DECLARED), (
        "deploy/grafana-dashboard.json has a panel for each metric of notifications/process/"
        "metrics.py: add or take out what is another here."
    )


def test_panels_can_be_told_apart_and_explain_themselves():
    panels = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    assert len({panel["title"] for panel in panels}) == len(panels)
    assert all(panel["description"] for panel in panels)


def test_alerts_ask_for_what_is_counted():
    assert len({rule["alert"] for rule in ALERTS}) == len(ALERTS) > 10
    assert named(rule["expr"] for rule in ALERTS) <= set(DECLARED)
    codes = {code.name.lower() for code in CloseCode}
    ended = [rule["expr"] for rule in ALERTS if "streams_ended" in rule["expr"]]
    for causes in re.findall(r'cause=~"([^"]+)"', " ".join(ended)):
        assert set(causes.split("|")) <= codes


def test_the_how_to_says_for_each_alert_what_to_do_and_for_no_other():
    told = {heading for heading in markdown.headings(HOWTO, 3) if heading[:13] == "Notifications"}
    assert told == {rule["alert"] for rule in ALERTS}
    for rule in ALERTS:
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert (markdown.REPOSITORY / page).read_text("utf-8") == HOWTO
        assert anchor in markdown.anchors(HOWTO)
        assert len(markdown.section(HOWTO, rule["alert"]).split()) > 20


@pytest.fixture
def promtool(tmp_path):
    """Run Prometheus's own checks in a folder that has the rules; it must find no fault."""
    program = shutil.which("promtool")
    assert program, "promtool is not installed: make test installs it"
    shutil.copy(DEPLOY / "alerts.yml", tmp_path)

    def run(*arguments):
        command = [program, *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    return run


def test_prometheus_takes_rules_and_configuration_as_they_are_written(promtool, tmp_path):
    promtool("check", "rules", "alerts.yml")
    (block,) = [one for one in markdown.blocks(HOWTO) if one.language == "yaml"]
    (tmp_path / "prometheus.yml").write_text(block.text, "utf-8")
    promtool("check", "config", "prometheus.yml")


def test_alerts_fire_on_what_they_are_about_and_not_before(promtool, tmp_path):
    shutil.copy(markdown.REPOSITORY / "tests" / "docs" / "alerts.test.yml", tmp_path)
    promtool("test", "rules", "alerts.test.yml")

"""What watched, and is gone: it is told, and is no widening."""

from typing import Any

from kgen.compare import compare
from kgen.manifests import Manifest
from kgen.present.diff_data import as_data
from kgen.present.diff_markdown import markdown
from kgen.present.diff_text import text
from tests.compare.build import manifests
from tests.proof.build import agent, thing

MONITORING = "monitoring.coreos.com/v1"


def alerts(**expressions: str) -> Manifest:
    rules = [{"alert": name, "expr": expression} for name, expression in expressions.items()]
    return thing(
        "PrometheusRule", "bot-agent-alerts", "x", MONITORING, spec={"groups": [{"name": "x", "rules": rules}]}
    )


def unwatched(base: list[Manifest], head: list[Manifest]) -> tuple[str, ...]:
    found = compare(manifests(*base), manifests(*head))
    assert not found.widens
    return found.unwatched


def test_alerts_that_went_or_ask_something_else_are_told() -> None:
    both = alerts(Refused="a > 0", Denied="b > 0")
    assert unwatched([both], [alerts(Refused="a > 0")]) == (
        "PrometheusRule x/bot-agent-alerts: no alert any more by Denied",
    )
    assert unwatched([both], [alerts(Refused="a > 9", Denied="b > 0")]) == (
        "PrometheusRule x/bot-agent-alerts: Refused asks something else",
    )
    assert unwatched([both], []) == ("PrometheusRule x/bot-agent-alerts is gone: no alert any more by Refused, Denied",)
    assert unwatched([], [both]) == ()


def test_what_watched_an_agent_that_went_is_not_missed() -> None:
    assert unwatched([agent("bot", "x"), alerts(Refused="a > 0")], []) == ()


def test_the_verification_scrapes_and_logs_are_told() -> None:
    layer: dict[str, Any] = {"kgen.dev/layer": "verify", "app.kubernetes.io/managed-by": "kgen"}
    job = thing(
        "Job", "verify", "kgen-system", "batch/v1", labels=layer, spec={"template": {"spec": {"containers": []}}}
    )
    monitor = thing("PodMonitor", "proxies", "x", MONITORING, spec={})
    log = thing("Telemetry", "access-log", "x", "telemetry.istio.io/v1", spec={"accessLogging": [{}]})
    told = unwatched([job, monitor, log], [])
    assert [one.partition(" is gone")[0] for one in told] == [
        *("Job kgen-system/verify", "PodMonitor x/proxies", "Telemetry x/access-log")
    ]


def test_every_form_says_it() -> None:
    found = compare(manifests(alerts(Refused="a")), manifests())
    assert "\nNo longer watched\n  PrometheusRule x/bot-agent-alerts is gone" in text(found, "a", "b")
    assert "### No longer watched" in markdown(found, "a", "b")
    assert as_data(found, "a", "b")["notWatched"] == list(found.unwatched)

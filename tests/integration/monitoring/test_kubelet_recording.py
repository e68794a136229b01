"""What stands in for a kubelet says what was recorded, and nothing that no panel uses."""

import httpx
import pytest

from julia_dev.alerting import recording
from julia_dev.dashboards.model import panels
from julia_dev.dashboards.pages import kubernetes
from julia_dev.stack import ports

pytestmark = pytest.mark.integration


async def test_a_scrape_is_answered_with_what_was_recorded():
    (port,) = ports.free(1)
    async with recording.served(port), httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://127.0.0.1:{port}/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    recorded = {line.split("{")[0] for line in answer.text.splitlines() if line[:1] != "#"}
    asked = " ".join(query.expr for panel in panels(kubernetes.PAGE) for query in panel.queries)
    assert recorded
    assert all(metric in asked for metric in recorded)


def test_only_what_the_kubelet_says_is_taken_from_a_recording():
    assert recording.speaks_of('rate(container_cpu_usage_seconds_total{pod="a"}[1m])')
    assert not recording.speaks_of("sum by (container) (up)")

"""A condition is brought about when Slack would hear of it as of something new."""

import httpx
import pytest

from julia_dev.alerting.conditions import AFTERWARDS
from julia_dev.alerting.prometheus import Prometheus
from julia_dev.alerting.run import quiet

pytestmark = pytest.mark.unit

(OPEN_CIRCUIT,) = AFTERWARDS


async def test_a_cause_waits_until_its_alert_has_not_fired_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
):
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["query"])
        fires = [{"metric": {}, "value": [1.0, "1"]}] if len(asked) < 3 else []
        return httpx.Response(200, json={"status": "success", "data": {"result": fires}})

    monkeypatch.setattr("julia_dev.alerting.run._POLL_S", 0.0)
    async with Prometheus("http://prometheus.test", httpx.MockTransport(answer)) as prometheus:
        assert await quiet(prometheus, OPEN_CIRCUIT)
    assert (
        asked == ['max_over_time(ALERTS{alertname="JuliaCircuitOpen", circuit="claude"}[70s])'] * 3
    )

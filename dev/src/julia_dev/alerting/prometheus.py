"""Asking Prometheus."""

import math
from dataclasses import dataclass
from typing import Any, Self

import httpx


@dataclass(frozen=True)
class Series:
    """A series of finite values."""

    labels: dict[str, str]
    points: tuple[tuple[float, float], ...]
    """(seconds since the epoch, value)"""


class Prometheus:
    """A client of its HTTP API."""

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Ask the one at this base URL; tests bring a transport of their own."""
        self._client = httpx.AsyncClient(
            base_url=f"{url}/api/v1", trust_env=False, timeout=30, transport=transport
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def at(self, expr: str, when: float) -> list[Series]:
        """Return an expression's series at a time, without values that are no number."""
        found = await self._get("/query", {"query": expr, "time": when})
        return _finite((one["metric"], [one["value"]]) for one in found["result"])

    async def between(self, expr: str, start: float, end: float, step_s: float) -> list[Series]:
        """Return an expression's series between two times."""
        asked = {"query": expr, "start": start, "end": end, "step": step_s}
        found = await self._get("/query_range", asked)
        return _finite((one["metric"], one["values"]) for one in found["result"])

    async def label_values(self, label: str, metric: str) -> list[str]:
        """Return the values that a label has in a metric's series."""
        return list(await self._get(f"/label/{label}/values", {"match[]": metric}))

    async def firing(self) -> list[str]:
        """Return the names of the alerts that fire."""
        alerts = (await self._get("/alerts", {}))["alerts"]
        return sorted({one["labels"]["alertname"] for one in alerts if one["state"] == "firing"})

    async def _get(self, path: str, asked: dict[str, Any]) -> Any:
        answer = await self._client.get(path, params=asked)
        body = answer.json()
        if body["status"] != "success":
            raise RuntimeError(f"Prometheus refuses {asked}: {body['error']}")
        return body["data"]


def _finite(found: Any) -> list[Series]:
    series = [
        Series(
            labels,
            tuple((float(at), float(value)) for at, value in values if math.isfinite(float(value))),
        )
        for labels, values in found
    ]
    return [one for one in series if one.points]

"""What the API server itself makes of a resource: refusals, explanations, waiting."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from julia_dev.kube.access import Access
from julia_dev.kube.kubectl import Kubectl, Refused
from julia_dev.kube.scene import manifest, new_namespace

CAMPAIGN = "a3bb189e-8bf9-4888-9912-ace4e6543002"


@pytest.fixture
async def kubectl(kubernetes: Access) -> AsyncIterator[Kubectl]:
    """A namespace that no operator watches."""
    kubectl = kubernetes.kubectl(new_namespace())
    await kubectl("create", "namespace", kubectl.namespace)
    yield kubectl
    await kubectl("delete", "namespace", kubectl.namespace, "--wait=false")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({}, "spec.paused: Required value"),
        ({"paused": True}, "a pause needs a reason; say in spec.reason why Julia is stopped"),
        ({"paused": True, "reason": "  "}, "a pause needs a reason"),
        (
            {"paused": False, "until": "2030-01-01T00:00:00Z"},
            "spec.until says when a pause ends: it goes with paused: true only",
        ),
        *(
            (
                {"paused": True, "reason": "x", "until": until},
                "a day and time with its zone, before",
            )
            for until in (
                "amanhã",
                "2031-12-01",
                "2031-12-01T08:00:00",
                "2031-12-01t08:00:00z",
                "2031-12-01T08:00:00+25:00",
                "2031-02-30T08:00:00Z",
                "9999-12-31T23:59:59-05:00",
            )
        ),
        (
            {"paused": True, "reason": "x", "scope": {}},
            "names nothing: leave spec.scope out to mean everything",
        ),
        (
            {"paused": True, "reason": "x", "scope": {"estado": "São Paulo"}},
            "a state is named by its two letters, such as SP",
        ),
        (
            {"paused": True, "reason": "x", "scope": {"campanha": "natal"}},
            "a campaign is named by its id in the table campanhas",
        ),
        (
            {"paused": True, "reason": "x", "scope": {"cidade": "Natal"}},
            'unknown field "spec.scope.cidade"',
        ),
        ({"paused": "sim", "reason": "x"}, "spec.paused: Invalid value"),
    ],
)
async def test_a_spec_that_cannot_be_meant_is_refused_in_words(
    kubernetes: Access, spec: dict[str, Any], said: str
) -> None:
    with pytest.raises(Refused) as refused:
        await kubernetes.kubectl().apply(manifest("errado", **spec))

    assert said in str(refused.value)


async def test_a_scope_may_name_all_its_fields(kubectl: Kubectl) -> None:
    scope = {
        "especialidade": "Cardiologia",
        "estado": "SP",
        "campanha": CAMPAIGN,
        "instancia": "julia-1",
    }

    await kubectl.apply(manifest("certo", paused=True, reason="x", scope=scope))

    assert (await kubectl.get("js", "certo"))["spec"]["scope"] == scope


@pytest.mark.parametrize(
    "until", ["2031-12-01T08:00:00-03:00", "2032-02-29T23:59:59.5Z", "8999-12-31T23:59:59Z"]
)
async def test_an_end_may_be_any_day_and_time_with_its_zone(kubectl: Kubectl, until: str) -> None:
    await kubectl.apply(manifest("certo", paused=True, reason="x", until=until))

    assert (await kubectl.get("js", "certo"))["spec"]["until"] == until


async def test_every_field_is_explained(kubectl: Kubectl) -> None:
    (version,) = (await kubectl.get("crd", "juliastatuses.whats-agents.dev"))["spec"]["versions"]
    schema = version["schema"]["openAPIV3Schema"]["properties"]

    for path in ("spec", "spec.scope", "status", "status.backlog", "status.conditions"):
        properties = schema
        for name in path.split("."):
            field = properties[name]
            properties = field.get("properties") or field.get("items", {}).get("properties", {})
        explained = await kubectl("explain", f"js.{path}")
        assert "<no description>" not in explained
        assert all(f"\n  {name}\t<" in explained for name in properties)


async def test_a_look_shows_since_when_why_by_whom_and_what_is_still_in_flight(
    kubectl: Kubectl,
) -> None:
    await kubectl.apply(manifest("emergencia", paused=True, reason="Respostas estranhas"))
    status = {
        "phase": "Draining",
        "paused": True,
        "scope": "everything",
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "reason": "Respostas estranhas",
        "changedBy": "kubectl-client-side-apply",
        "inFlight": 3,
        "lateStarts": 1,
        "backlog": {"inbound": 1280, "outbound": 7},
    }
    patch = json.dumps({"status": status})
    await kubectl("patch", "js/emergencia", "--subresource=status", "--type=merge", "-p", patch)

    lines = (await kubectl("get", "js")).splitlines()

    heads, row = [re.split(r"\s{2,}", line.strip()) for line in lines]
    told = dict(zip(heads, row, strict=True))
    assert told["REASON"] == "Respostas estranhas"
    assert told["BY"] == "kubectl-client-side-apply"
    assert (told["IN FLIGHT"], told["LATE STARTS"], told["BACKLOG"]) == ("3", "1", "1280")
    assert re.fullmatch(r"\d+s", told["SINCE"])
    assert max(map(len, lines)) < 160


async def test_waiting_is_not_fooled_by_what_was_enforced_before_the_present_spec(
    kubectl: Kubectl,
) -> None:
    async def say(generation: int) -> None:
        enforced = {
            "type": "Enforced",
            "status": "True",
            "observedGeneration": generation,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
            "reason": "Said",
            "message": "by the test",
        }
        patch = json.dumps({"status": {"conditions": [enforced]}})
        await kubectl("patch", "js/geral", "--subresource=status", "--type=merge", "-p", patch)

    wait = ("wait", "js/geral", "--for=condition=Enforced")
    await kubectl.apply(manifest("geral", paused=False))
    await say(1)
    await kubectl(*wait, "--timeout=1s")

    await kubectl.apply(manifest("geral", paused=True, reason="x"))
    with pytest.raises(Refused, match="timed out"):
        await kubectl(*wait, "--timeout=1s")

    await say(2)
    await kubectl(*wait, "--timeout=1s")


async def test_where_no_operator_watches_nothing_is_said_and_nothing_hangs(
    kubectl: Kubectl,
) -> None:
    await kubectl.apply(manifest("geral", paused=True, reason="x"))

    body = await kubectl.get("js", "geral")

    assert "status" not in body
    assert "finalizers" not in body["metadata"]
    await kubectl("delete", "js", "geral", "--timeout=5s")

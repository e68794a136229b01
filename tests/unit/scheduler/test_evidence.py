"""Whose echo is it? Text and unbound id decide; addresses only exclude."""

from datetime import UTC, datetime, timedelta

import pytest

from julia_common.contracts.messages import Identity, IdentityKind
from julia_scheduler.evidence import Doubt, Echo, judge

pytestmark = pytest.mark.unit

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANA, BIA = "5519900000001", "5511900000002"


def doubt(claim_id: str, destino: str = ANA, text: str = "oi") -> Doubt:
    return Doubt(claim_id, destino, text)


def echo(key_id: str, *addresses: str, text: str = "oi", minute: int = 0) -> Echo:
    identities = tuple(
        Identity(kind=IdentityKind.LID, jid=address)
        if address.endswith("@lid")
        else Identity(kind=IdentityKind.PHONE, jid=f"{address}@s.whatsapp.net")
        for address in addresses
    )
    return Echo(key_id, identities, text, NOON + timedelta(minutes=minute))


def found(doubts: list[Doubt], echoes: list[Echo], **given: object) -> dict[str, str | None]:
    findings = judge(doubts, echoes, **({"bound": ()} | given))
    assert [finding.doubt for finding in findings] == doubts
    return {f.doubt.claim_id: f.echo.key_id if f.echo else None for f in findings}


def test_the_same_text_to_the_same_phone_is_the_send():
    assert found([doubt("a")], [echo("K1", ANA)]) == {"a": "K1"}


def test_another_text_is_not():
    assert found([doubt("a")], [echo("K1", ANA, text="tchau")]) == {"a": None}


def test_an_id_that_belongs_to_a_send_already_is_not():
    assert found([doubt("a")], [echo("K1", ANA)], bound={"K1"}) == {"a": None}


@pytest.mark.parametrize("form", ["551900000001", "123@lid", "900000001@lid"])
def test_the_form_of_the_address_does_not_matter(form):
    assert found([doubt("a")], [echo("K1", form)]) == {"a": "K1"}


def test_an_echo_without_any_address_is_the_only_possible_ones():
    assert found([doubt("a")], [echo("K1")]) == {"a": "K1"}


def test_the_same_sentence_to_another_phone_proves_nothing():
    assert found([doubt("a", ANA)], [echo("K1", BIA)]) == {"a": None}


def test_each_doctor_gets_the_echo_of_their_own_phone():
    doubts = [doubt("a", ANA), doubt("b", BIA)]
    assert found(doubts, [echo("K1", BIA), echo("K2", ANA)]) == {"a": "K2", "b": "K1"}


def test_an_anonymous_echo_that_could_be_of_two_proves_nothing_and_excludes_nothing():
    findings = judge([doubt("a", ANA), doubt("b", BIA)], [echo("K1", "7@lid")], bound=())
    assert [(f.echo, f.ambiguous) for f in findings] == [(None, True), (None, True)]


def test_as_many_anonymous_echoes_as_doubts_mean_that_all_arrived():
    doubts = [doubt("a", ANA), doubt("b", BIA)]
    echoes = [echo("K1", "7@lid", minute=0), echo("K2", "8@lid", minute=1)]
    assert sorted(found(doubts, echoes).values()) == ["K1", "K2"]


def test_a_known_phone_takes_its_echo_before_an_anonymous_one_is_shared_out():
    doubts = [doubt("a", ANA), doubt("b", BIA)]
    assert found(doubts, [echo("K1", "7@lid"), echo("K2", ANA)]) == {"a": "K2", "b": "K1"}


def test_what_the_database_refuted_is_not_found_again():
    refuted = {("a", "K1")}
    assert found([doubt("a")], [echo("K1", "7@lid")], refuted=refuted) == {"a": None}
    later = [echo("K1", "7@lid"), echo("K2", "8@lid", minute=1)]
    assert found([doubt("a")], later, refuted=refuted) == {"a": "K2"}


def test_a_refuted_echo_of_the_right_phone_does_not_hide_the_next_one():
    echoes = [echo("K1", ANA), echo("K2", ANA, minute=1)]
    assert found([doubt("a")], echoes, refuted={("a", "K1")}) == {"a": "K2"}


def test_two_sends_of_one_text_to_one_doctor_take_one_echo_each():
    doubts = [doubt("a"), doubt("b")]
    assert found(doubts, [echo("K1", ANA)]) == {"a": "K1", "b": None}

"""Was an uncertain send delivered? Pure rules over what Evolution remembers.

A record is matched by the hash of its text and an id that no send of ours carries yet. JIDs never
prove a match: Evolution compares them to the letter, and WhatsApp chooses which form it uses. They
only exclude: a phone whose last eight digits differ belongs to somebody else in any form (ninth
digit, country variants), and the same fixed sentence often goes to several doctors at once.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from julia_common.contracts.messages import Identity, IdentityKind

_SUBSCRIBER_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class Doubt:
    """A send of which it is not known whether it arrived; `destino`: digits or a LID's JID."""

    claim_id: str
    destino: str
    text_hash: str


@dataclass(frozen=True, slots=True)
class Echo:
    """A message that left our number, as Evolution has stored it."""

    key_id: str
    identities: tuple[Identity, ...]
    text_hash: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one send: its echo, nothing, or (`ambiguous`) somebody's echo."""

    doubt: Doubt
    echo: Echo | None = None
    ambiguous: bool = False


def judge(
    doubts: Sequence[Doubt],
    echoes: Iterable[Echo],
    *,
    bound: Collection[str],
    refuted: Collection[tuple[str, str]] = (),
) -> tuple[Finding, ...]:
    """One finding per doubt of the same number, in the order of `doubts`.

    `bound` are ids that already belong to a send; `refuted` pairs of claim and id that the
    database has ruled out. An echo whose addresses do not tell between several doubts proves
    nothing, unless there are as many such echoes as doubts: then all were delivered.
    """
    free = [echo for echo in sorted(echoes, key=lambda echo: echo.at) if echo.key_id not in bound]
    same_text: defaultdict[str, list[Doubt]] = defaultdict(list)
    for doubt in doubts:
        same_text[doubt.text_hash].append(doubt)
    found: dict[str, Finding] = {}
    for text_hash, group in same_text.items():
        candidates = [echo for echo in free if echo.text_hash == text_hash]
        for finding in _share_out(group, candidates, frozenset(refuted)):
            found[finding.doubt.claim_id] = finding
    return tuple(found[doubt.claim_id] for doubt in doubts)


def _share_out(
    doubts: Sequence[Doubt], echoes: list[Echo], refuted: frozenset[tuple[str, str]]
) -> Iterable[Finding]:
    left: list[Doubt] = []
    # Certain owners first, so that an anonymous echo is only offered to whom is left.
    for doubt in doubts:
        own = next((e for e in echoes if _address(doubt) in _addresses(e)), None)
        if own is None or (doubt.claim_id, own.key_id) in refuted:
            left.append(doubt)
        else:
            echoes.remove(own)
            yield Finding(doubt, own)
    possible = {
        doubt.claim_id: [
            echo
            for echo in echoes
            if _may_be_to(echo, doubt) and (doubt.claim_id, echo.key_id) not in refuted
        ]
        for doubt in left
    }
    contested = {echo.key_id for options in possible.values() for echo in options}
    contenders = sum(1 for options in possible.values() if options)
    for doubt in left:
        options = possible[doubt.claim_id]
        if not options or len(contested) < contenders:
            yield Finding(doubt, ambiguous=bool(options))
            continue
        own = next((e for e in options if e in echoes), None)
        if own is not None:
            echoes.remove(own)
        yield Finding(doubt, own, ambiguous=own is None)


def _address(doubt: Doubt) -> str:
    return doubt.destino.partition("@")[0]


def _addresses(echo: Echo) -> set[str]:
    return {identity.jid.partition("@")[0] for identity in echo.identities}


def _may_be_to(echo: Echo, doubt: Doubt) -> bool:
    """False only when both are phones, and of different subscribers in any way of writing them."""
    address, at, _ = doubt.destino.partition("@")
    phones = {
        identity.jid.partition("@")[0][-_SUBSCRIBER_DIGITS:]
        for identity in echo.identities
        if identity.kind is IdentityKind.PHONE
    }
    return bool(at) or not phones or address[-_SUBSCRIBER_DIGITS:] in phones

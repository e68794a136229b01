"""WhatsApp addresses (JIDs): whose they are, and which form stands for a person."""

import re

from julia_common.contracts.messages import Identity, IdentityKind
from julia_common.whatsapp.numbers import canonical_digits
from julia_common.whatsapp.outcome import IgnoredReason
from julia_common.whatsapp.wire import JsonObject

PHONE_SERVER = "s.whatsapp.net"

_PHONE_SERVERS = frozenset({PHONE_SERVER, "c.us", "hosted", ""})
"""`c.us` is the old web client's, `hosted` a cloud number's, none a channel's bare number."""
_LID_SERVERS = frozenset({"lid", "hosted.lid"})
_OTHER_SERVERS = {
    "g.us": IgnoredReason.GROUP,
    "broadcast": IgnoredReason.BROADCAST,
    "newsletter": IgnoredReason.NEWSLETTER,
    "bot": IgnoredReason.SYSTEM,
    "call": IgnoredReason.SYSTEM,
}
_STATUS = "status@broadcast"
_WHATSAPP_ITSELF = "0"
# What the database takes: anything else would be accepted here and refused for good there.
_PHONE = re.compile(r"[1-9]\d{6,14}", re.ASCII)
_LID = re.compile(r"\d{1,40}", re.ASCII)


def not_a_person(jid: str) -> IgnoredReason | None:
    """Say why nobody behind this address is to be answered; None for a person's address."""
    user, server = _parts(jid)
    if f"{user}@{server}" == _STATUS:
        return IgnoredReason.STATUS
    if server in _PHONE_SERVERS and user == _WHATSAPP_ITSELF:
        return IgnoredReason.SYSTEM
    return _OTHER_SERVERS.get(server)


def identity_of(jid: str) -> Identity | None:
    """Return the person's address in its canonical form; None where it is not one."""
    user, server = _parts(jid)
    if server in _PHONE_SERVERS and _PHONE.fullmatch(user):
        return Identity(kind=IdentityKind.PHONE, jid=f"{canonical_digits(user)}@{PHONE_SERVER}")
    if server in _LID_SERVERS and _LID.fullmatch(user):
        return Identity(kind=IdentityKind.LID, jid=f"{user}@lid")
    return None


def identities_of(key: JsonObject, *, from_me: bool, own_jid: str | None) -> tuple[Identity, ...]:
    """Return the chat partner's addresses, at most one phone and one LID, the phone first.

    Every release of Evolution puts phone and LID elsewhere, so all places are read. Of two
    phones the first counts: a person has one, and believing both would join two people.
    """
    places = ["remoteJid", "remoteJidAlt", "previousRemoteJid"]
    if not from_me:
        # In our own messages the sender is us.
        places += ["senderPn", "senderLid"]
    own = identity_of(own_jid) if own_jid else None
    found: dict[IdentityKind, Identity] = {}
    for place in places:
        jid = key.get(place)
        identity = identity_of(jid) if isinstance(jid, str) else None
        if identity is not None and identity != own:
            found.setdefault(identity.kind, identity)
    return tuple(found[kind] for kind in IdentityKind if kind in found)


def _parts(jid: str) -> tuple[str, str]:
    user, _, server = jid.partition("@")
    # `user_agent:device` names one device of the person; the person is what we want.
    return user.partition(":")[0].partition("_")[0], server

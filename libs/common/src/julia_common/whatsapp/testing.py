"""For tests: message records as Evolution 2.3.7 writes them, built from a plain one."""

from collections.abc import Mapping
from datetime import UTC, datetime

RECEIVED_AT = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)
SENT_AT = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)
INSTANCE = "julia-teste"
PHONE_JID = "5511988887777@s.whatsapp.net"
LID_JID = "203040506070809@lid"
OWN_JID = "5511977776666@s.whatsapp.net"
KEY_ID = "3EB0C767D097B7C7C10A"

IMAGE = {
    "url": "https://mmg.whatsapp.net/o1/v/t62",
    "mimetype": "image/jpeg",
    "caption": "Meu CRM",
    "fileSha256": {"0": 12, "1": 255, "2": 7},
    "fileLength": {"low": 123456, "high": 0, "unsigned": True},
    "height": 1280,
    "width": 720,
    "mediaKey": {"0": 1, "1": 2},
    "jpegThumbnail": {"0": 255, "1": 216},
    "contextInfo": {},
}


def record(
    message: object, /, *, key: Mapping[str, object] | None = None, **fields: object
) -> dict[str, object]:
    """Build a doctor's upsert with this `message`; `key` and `fields` change or add parts."""
    return {
        "key": {"remoteJid": PHONE_JID, "fromMe": False, "id": KEY_ID} | dict(key or {}),
        "pushName": "Dra. Ana",
        "status": "DELIVERY_ACK",
        "message": message,
        "contextInfo": None,
        "messageType": "conversation",
        "messageTimestamp": int(SENT_AT.timestamp()),
        "instanceId": "6f1c2f0e-7c0f-4b57-9b2e-0f6a2f1d7a11",
        "source": "android",
    } | fields

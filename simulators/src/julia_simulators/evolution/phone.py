"""Phone numbers and JIDs, with the Brazilian ninth digit."""

_BRAZIL = "55"
_LENGTH_WITHOUT_NINTH = 12
_LENGTH_WITH_NINTH = 13
_MOBILE_FIRST_DIGITS = "6789"

PHONE_SUFFIX = "@s.whatsapp.net"
LID_SUFFIX = "@lid"


def digits(address: str) -> str:
    """Return the digits of a number or JID, without device and server parts."""
    user = address.split("@", 1)[0].split(":", 1)[0]
    return "".join(character for character in user if character.isdigit())


def canonical(number: str) -> str:
    """Return the E.164 digits, a Brazilian mobile number always with its ninth digit."""
    found = digits(number)
    if (
        found.startswith(_BRAZIL)
        and len(found) == _LENGTH_WITHOUT_NINTH
        and found[4] in _MOBILE_FIRST_DIGITS
    ):
        return f"{found[:4]}9{found[4:]}"
    return found


def without_ninth(number: str) -> str:
    """Return the older form of a Brazilian mobile number; any other number unchanged."""
    found = canonical(number)
    if found.startswith(_BRAZIL) and len(found) == _LENGTH_WITH_NINTH and found[4] == "9":
        return found[:4] + found[5:]
    return found


def phone_jid(number: str) -> str:
    """Return the JID of these digits, as they are."""
    return f"{digits(number)}{PHONE_SUFFIX}"


def is_lid(address: str) -> bool:
    """Tell whether the address hides the phone number."""
    return address.endswith(LID_SUFFIX)

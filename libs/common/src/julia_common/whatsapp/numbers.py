"""Phone numbers in the one form under which a person is known."""

import re

import phonenumbers

_BRAZIL_EIGHT_DIGIT_MOBILE = re.compile(r"(55[1-9][1-9])([6-9]\d{7})")


def canonical_digits(digits: str) -> str:
    """Return the E.164 digits (without "+") that stand for this number's owner.

    WhatsApp writes many Brazilian mobiles as they were before the ninth digit was introduced, and
    sometimes changes its mind; both forms become the one with the ninth digit. Landlines (first
    digit 2 to 5), numbers with an area code that does not exist and foreign numbers stay as they
    are: for them WhatsApp's own spelling is the only authority.
    """
    old_mobile = _BRAZIL_EIGHT_DIGIT_MOBILE.fullmatch(digits)
    if old_mobile is None:
        return digits
    prefix, subscriber = old_mobile.groups()
    with_ninth = f"{prefix}9{subscriber}"
    return with_ninth if _is_mobile(with_ninth) else digits


def _is_mobile(digits: str) -> bool:
    number = phonenumbers.parse(f"+{digits}")
    return phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE

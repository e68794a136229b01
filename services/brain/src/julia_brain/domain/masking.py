"""Numbers and addresses that identify a person or an account never reach the model."""

import re
from typing import Final

MASK: Final = "(número omitido)"

EMAIL_MASK: Final = "(e-mail omitido)"

_NUMBERS: Final = (
    r"\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2}",  # CNPJ
    r"\d{4}(?:[ .-]?\d{4}){3}",  # a card
    r"\d{3}[.·• ]?\d{3}[.·• ]?\d{3}[-/.·• ]?\d{2}",  # CPF
    r"\d(?:[ .·•-]\d){8,}",  # digit by digit
    r"(?:\+?55[ -]?)?\(?\d{2}\)?[ -]?9?[ -]?\d{4}[ -]?\d{4}",  # a phone
    r"\d{1,2}\.\d{3}\.\d{3}-?[\dxX]",  # RG
    r"\d{9,}",
)
_NUMBER: Final = re.compile(rf"(?<![\d$])(?<!\d[./,])(?:{'|'.join(_NUMBERS)})(?!\d|[.,/]\d)")
_NAMED: Final = re.compile(
    r"\b((?:crm|rg|cpf|rqe|pis|conta|c[/.]?c|ag[êe]ncia|ag|pix)\b[^\w\n]*(?:[A-Za-z]{2}\b[^\w\n]*)?"
    r"(?:n[º°o.]*\s*|[ée]\s+|corrente\s+)?)\d[\d.\-/xX]{2,}",
    re.IGNORECASE,
)
"""Shorter numbers, known by the word before them."""
_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")


def masked(text: str) -> str:
    """The text without CPF, RG, CRM, phone, card and account numbers and e-mail addresses.

    What was masked stays as it is.
    Dates, hours and amounts of money stay.
    """
    return _NAMED.sub(rf"\1{MASK}", _NUMBER.sub(MASK, _EMAIL.sub(EMAIL_MASK, text)))

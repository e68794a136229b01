"""What a person marks in Chatwoot's editor is marked for the doctor, and nothing else is."""

import pytest

from julia_common.chatwoot.markup import as_whatsapp


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Oi, aqui é a Bia!", "Oi, aqui é a Bia!"),
        ("É **amanhã**, às 7h", "É *amanhã*, às 7h"),
        ("É *amanhã* ou _depois_", "É _amanhã_ ou _depois_"),
        ("É **amanhã *cedo* mesmo**", "É *amanhã _cedo_ mesmo*"),
        ("R$ ~~1.000~~ **1.200**", "R$ ~1.000~ *1.200*"),
        (r"1\. Vera Cruz\n2\. Santa Casa \*", "1. Vera Cruz\\n2. Santa Casa *"),
        (r"plantao\_sabado\_12h", "plantao_sabado_12h"),
        ("3 * 4 = 12 e 2 ** 3", "3 * 4 = 12 e 2 ** 3"),
        ("a*b*c e https://x.test/a_b_c", "a*b*c e https://x.test/a_b_c"),
        ("`**isto**` fica", "`**isto**` fica"),
        ("linha\n\noutra **linha**", "linha\n\noutra *linha*"),
        ("**sem fim", "**sem fim"),
    ],
)
def test_markdown_becomes_what_whatsapp_shows(written: str, read: str) -> None:
    assert as_whatsapp(written) == read

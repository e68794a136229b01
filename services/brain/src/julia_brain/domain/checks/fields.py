"""Specialties and sectors that a text names, however people call them."""

import re
from dataclasses import dataclass
from typing import Final

from julia_brain.domain.checks.words import fold

_SPECIALTIES: Final = {
    "anestesiologia": r"anestes\w+",
    "cardiologia": r"cardiolog\w+|cardio",
    "cirurgia geral": r"cirurgia geral|cirurgiao geral|cirurgia do aparelho digestivo",
    "cirurgia plastica": r"cirurgia plastica|cirurgiao plastico",
    "cirurgia vascular": r"cirurgia vascular|cirurgiao vascular|angiolog\w+|vascular",
    "clinica medica": r"clinica (?:medica|geral)|clinic[oa] geral|clinico",
    "dermatologia": r"dermat\w+",
    "endocrinologia": r"endocrin\w+",
    "endoscopia": r"endoscop\w+|colonoscop\w+",
    "gastroenterologia": r"gastro\w*",
    "geriatria": r"geriatr\w+",
    "ginecologia e obstetricia": r"ginec\w+|obstetr(?:icia|a)s?",
    "hematologia": r"hematolog\w+",
    "infectologia": r"infectolog\w+",
    "medicina de familia": r"medic\w+ d[ae] familia|saude da familia",
    "nefrologia": r"nefrolog\w+|hemodialise",
    "neonatologia": r"neonat\w+|neo",
    "neurocirurgia": r"neurocirurg\w+",
    "neurologia": r"neurolog\w+|neuro",
    "oftalmologia": r"oftalm\w+",
    "oncologia": r"oncolog\w+",
    "ortopedia e traumatologia": r"ortop\w+|traumatolog\w+",
    "otorrinolaringologia": r"otorrino\w*",
    "pediatria": r"pediatr\w+",
    "pneumologia": r"pneumolog\w+",
    "psiquiatria": r"psiquiatr\w+",
    "radiologia": r"radiolog\w+|ultrassonograf\w+",
    "urologia": r"urolog\w+",
}
_SECTORS: Final = {
    "ambulatorio": r"ambulator\w+",
    "centro cirurgico": r"(?:centro|bloco) cirurgico",
    "centro obstetrico": r"(?:centro|bloco) obstetrico|sala de parto",
    "emergencia": r"emergencias?|pronto[ -]?(?:socorro|atendimento)|ps|sala vermelha",
    "enfermaria": r"enfermarias?",
    "hemodinamica": r"hemodinamica",
    "remocao": r"remoc(?:ao|oes)|ambulancias?",
    "uti": r"utis?|cti|(?:terapia|medicina) intensiva|unidade intensiva|intensivistas?",
}


def _pattern(names: dict[str, str]) -> re.Pattern[str]:
    return re.compile(
        rf"\b(?:{'|'.join(f'(?P<f{n}>{words})' for n, words in enumerate(names.values()))})\b"
    )


_SPECIALTY, _SECTOR = _pattern(_SPECIALTIES), _pattern(_SECTORS)
_WORDS: Final = {
    name: re.compile(rf"\b(?:{words})\b") for name, words in (_SPECIALTIES | _SECTORS).items()
}
_OF_THE_DOCTOR = re.compile(
    r"\b(?:vc|voce|doutora?|sou|seu|sua|colega|outr[oa]|como|nao sou)\s+(?:\w+\s+){0,2}$"
)


@dataclass(frozen=True, slots=True)
class Field:
    """A specialty or a sector and where it is named."""

    start: int
    end: int
    name: str

    def is_in(self, text: str) -> bool:
        """Whether a text, such as a shift's own specialty and sector, names it too."""
        return _WORDS[self.name].search(fold(text)) is not None


def specialties_in(folded: str) -> tuple[Field, ...]:
    """The specialties that a folded text names, not as what the doctor is."""
    return _fields(_SPECIALTY, tuple(_SPECIALTIES), folded)


def sectors_in(folded: str) -> tuple[Field, ...]:
    """The sectors that a folded text names."""
    return _fields(_SECTOR, tuple(_SECTORS), folded)


def _fields(pattern: re.Pattern[str], names: tuple[str, ...], folded: str) -> tuple[Field, ...]:
    return tuple(
        Field(found.start(), found.end(), names[int((found.lastgroup or "f0")[1:])])
        for found in pattern.finditer(folded)
        if not _OF_THE_DOCTOR.search(folded[max(0, found.start() - 40) : found.start()])
    )

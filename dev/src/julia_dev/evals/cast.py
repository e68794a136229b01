"""Who writes: doctors nobody else of the run has, and what they are lent."""

import uuid
from dataclasses import dataclass
from itertools import product
from typing import Final

from julia_dev.evals.case import Case

SPECIALTIES: Final = (
    "Anestesiologia",
    "Pediatria",
    "Ginecologia e Obstetrícia",
    "Ortopedia e Traumatologia",
    "Cardiologia",
    "Clínica Médica",
    "Cirurgia Geral",
    "Medicina Intensiva",
    "Medicina de Emergência",
    "Neurologia",
    "Psiquiatria",
    "Radiologia e Diagnóstico por Imagem",
    "Nefrologia",
    "Oftalmologia",
    "Otorrinolaringologia",
    "Urologia",
    "Infectologia",
    "Pneumologia",
    "Cirurgia Vascular",
    "Neurocirurgia",
)
"""Lent to one conversation at a time, so that none sees another's shifts."""

NO_SHIFTS: Final = "Medicina do Trabalho"
"""Of doctors whose case has no shift, and so need not be alone."""

# Pairs, because the simulated Claude finds a conversation by the name in it: no pair is part of
# another, nor of anything that is said.
_FIRST: Final = {
    "f": (
        *("Ana", "Maria", "Laura", "Rita", "Vera", "Clara", "Lúcia", "Sílvia"),
        *("Marta", "Eva", "Sofia", "Alice", "Irene", "Célia", "Nina", "Olga"),
        *("Bruna", "Sabrina", "Patrícia", "Mônica", "Renata", "Camila", "Simone", "Cristina"),
    ),
    "m": ("João", "José", "Paulo", "Luís", "Carlos", "Marcos", "Davi", "Raul", "Hugo", "Caio"),
}
_SECOND: Final = {
    "f": (
        *("Beatriz", "Cecília", "Helena", "Isabel", "Regina", "Tereza", "Letícia", "Elisa"),
        *("Eduarda", "Fernanda", "Gabriela", "Olívia", "Vitória", "Raquel", "Estela", "Noêmia"),
        *("Flávia", "Amélia", "Valéria", "Ester", "Ivone", "Carolina", "Luísa", "Augusta"),
        *("Débora", "Ângela", "Heloísa", "Lívia", "Emília", "Mirela", "Pilar", "Graça"),
        *("Jussara", "Milena", "Zélia", "Rosana"),
    ),
    "m": (
        *("Henrique", "Augusto", "Vicente", "Gabriel", "Eduardo", "Otávio", "Roberto", "Miguel"),
        *("Rafael", "Antônio", "Felipe", "Gustavo", "Leandro", "Murilo", "Renato", "Tadeu"),
    ),
}


@dataclass(frozen=True)
class Doctor:
    """A doctor of this run; `number` is digits with country code."""

    key: str
    id: str
    number: str
    first_name: str
    specialty: str
    city: str
    state: str


class Cast:
    """Draws doctors nobody else of the run has."""

    def __init__(self, run: str) -> None:
        """`run` keeps the ids of one run apart from those of others."""
        self._run = run
        self._count = 0
        self._names = {
            gender: (
                f"{first} {second}" for second, first in product(_SECOND[gender], _FIRST[gender])
            )
            for gender in _FIRST
        }

    def doctors(self, case: Case, specialty: str) -> dict[str, Doctor]:
        """Draw the doctors of a case."""
        return {
            key: Doctor(
                key=key,
                id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self._run}/{case.nome}/{key}")),
                number=self._number(),
                first_name=setup.nome or next(self._names[setup.genero]),
                specialty=setup.especialidade or specialty,
                city=setup.cidade,
                state=setup.estado,
            )
            for key, setup in case.people.items()
        }

    def _number(self) -> str:
        self._count += 1
        return f"55199{self._count:08}"

"""Reading `evals/`."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from julia_dev import paths
from julia_dev.evals.case import Case, End, File, ScriptedAnswer, Step, Wording

FOLDER = paths.ROOT / "evals"
_HOSPITALS = "hospitais.yaml"
_UNSEEN = "unseen"
"""The file of wordings that was written by somebody who did not know the rules."""

_NEUTRAL = "Entendi! Se precisar de algo, estou por aqui."
"""Claude's answer to every wording, so that only Julia's own rules decide about an opt-out."""


class EvalsError(Exception):
    """A file of `evals/` is wrong; the text names it and what to change."""


class Kind(StrEnum):
    """What a conversation is counted as."""

    CONVERSATION = "conversa"
    OPT_OUT = "pedido"
    NO_OPT_OUT = "nao_pedido"
    UNSEEN_OPT_OUT = "pedido_novo"
    UNSEEN_NO_OPT_OUT = "nao_pedido_novo"


class Hospital(BaseModel):
    """A fictional hospital of `hospitais.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    nome: str
    endereco: str
    cidade: str
    estado: str
    apelidos: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listed:
    """A case to play, and what it counts as."""

    case: Case
    kind: Kind


_HOSPITALS_TYPE = TypeAdapter(dict[str, Hospital])


def hospitals(folder: Path = FOLDER) -> dict[str, Hospital]:
    """Read the hospitals.

    Raises:
        EvalsError: the file is wrong.
    """
    path = folder / _HOSPITALS
    try:
        return _HOSPITALS_TYPE.validate_python(_yaml(path))
    except ValidationError as error:
        raise EvalsError(f"{path}: {error}") from error


def cases(folder: Path = FOLDER) -> list[Listed]:
    """Read all cases, in the order of the files.

    Raises:
        EvalsError: a file is wrong, two cases share a name, or a hospital is not known.
    """
    known = hospitals(folder)
    found: dict[str, Listed] = {}
    for path in sorted(folder.rglob("*.yaml")):
        if path.name == _HOSPITALS:
            continue
        try:
            file = File.model_validate(_yaml(path))
        except ValidationError as error:
            raise EvalsError(f"{path}: {error}") from error
        for listed in _listed(file, path.stem):
            case = listed.case
            if case.nome in found:
                raise EvalsError(f"{path}: there are two cases called {case.nome}; rename one")
            named = {*case.hospitais, *(shift.hospital for shift in case.vagas.values())}
            if unknown := sorted(named - known.keys()):
                raise EvalsError(
                    f"{path}: {case.nome}: no hospital {', '.join(unknown)} in {_HOSPITALS}"
                )
            found[case.nome] = listed
    return list(found.values())


def _listed(file: File, stem: str) -> list[Listed]:
    unseen = stem == _UNSEEN
    asking = Kind.UNSEEN_OPT_OUT if unseen else Kind.OPT_OUT
    others = Kind.UNSEEN_NO_OPT_OUT if unseen else Kind.NO_OPT_OUT
    return [
        *(
            Listed(case.model_copy(update={"tema": case.tema or file.tema}), Kind.CONVERSATION)
            for case in file.casos
        ),
        *(
            Listed(_of_wording(wording, f"{stem}-pedido-{n:02}", file.tema), asking)
            for n, wording in enumerate(file.pedidos, 1)
        ),
        *(
            Listed(_of_no_request(text, f"{stem}-nao-pedido-{n:02}", file.tema), others)
            for n, text in enumerate(file.nao_pedidos, 1)
        ),
    ]


def _of_wording(wording: Wording, name: str, topic: str) -> Case:
    return _single(name, topic, wording.texto, End(opt_out=wording.escopo, transferida="livre"))


def _of_no_request(text: str, name: str, topic: str) -> Case:
    return _single(name, topic, text, End(opt_out="nao", transferida="livre"))


def _single(name: str, topic: str, text: str, end: End) -> Case:
    neutral = ScriptedAnswer(texto=_NEUTRAL, vezes=2)
    step = Step(diz=(text,), claude=(neutral,), podem_sobrar=True, resposta="livre")
    return Case(nome=name, tema=topic, passos=(step,), fim=end)


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise EvalsError(f"{path}: not YAML: {error}") from error

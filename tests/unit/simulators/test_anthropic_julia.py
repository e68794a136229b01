"""The simulator's Júlia, in requests as the brain writes them."""

import json
import re
from typing import Any

import pytest

from julia_simulators.anthropic.answers import Answer, compose, rng_for
from julia_simulators.anthropic.request import MessagesRequest, parse

CAMPINAS = "11111111-1111-4111-8111-111111111111"
SUMARE = "22222222-2222-4222-8222-222222222222"
BOOKED = "33333333-3333-4333-8333-333333333333"

FIRST = {
    "vaga_id": CAMPINAS,
    "hospital": "Hospital Vera Cruz",
    "cidade": "Campinas/SP",
    "especialidade": "anestesiologia",
    "quando": "sábado, 28/11, das 19h às 7h",
    "valor": "R$ 1.800",
}
SECOND = {
    "vaga_id": SUMARE,
    "hospital": "Santa Casa de Sumaré",
    "cidade": "Sumaré/SP",
    "especialidade": "anestesiologia",
    "quando": "domingo, 29/11, das 7h às 19h",
    "valor": "entre R$ 1.500 e R$ 2.000",
}
SHOWN = """\
Vagas já consultadas nesta conversa:
- vaga_id 11111111-1111-4111-8111-111111111111; Hospital Vera Cruz; Campinas/SP; anestesiologia; \
sábado, 28/11, das 19h às 7h; R$ 1.800
- vaga_id 22222222-2222-4222-8222-222222222222; Santa Casa de Sumaré; Sumaré/SP; anestesiologia; \
domingo, 29/11, das 7h às 19h; entre R$ 1.500 e R$ 2.000"""
OWN = """\
Plantões que a pessoa tem:
- reserva_id 33333333-3333-4333-8333-333333333333: Hospital Vera Cruz; Campinas/SP; \
anestesiologia; sexta, 27/11, das 19h às 7h; R$ 1.700"""
OFFER = (
    "Achei esses. O primeiro: Hospital Vera Cruz (Campinas/SP), sábado, 28/11, das 19h às 7h, "
    "R$ 1.800. O segundo: Santa Casa de Sumaré (Sumaré/SP), domingo, 29/11, das 7h às 19h, "
    "entre R$ 1.500 e R$ 2.000. Qual vc prefere?"
)
OFFER_OF_ONE = (
    "Achei esse plantão: Hospital Vera Cruz (Campinas/SP), sábado, 28/11, das 19h às 7h, "
    "R$ 1.800. Quer que eu reserve pra vc?"
)


def _tool(name: str, required: list[str], **properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required}
    return {"name": name, "description": name, "input_schema": schema}


_TEXT = {"type": "string"}
_DAYS = ["segunda", "terca", "quarta", "quinta", "sexta", "sabado", "domingo"]
TOOLS = [
    _tool(
        "agendar_lembrete",
        ["data_hora", "contexto", "mensagem"],
        data_hora=_TEXT,
        contexto=_TEXT,
        mensagem=_TEXT,
    ),
    _tool("buscar_info_hospital", ["nome_hospital"], nome_hospital=_TEXT),
    _tool(
        "buscar_vagas",
        [],
        especialidade=_TEXT,
        regiao=_TEXT,
        periodo={"enum": ["diurno", "noturno", "12h", "24h", "qualquer"], "type": "string"},
        valor_minimo={"type": "number", "minimum": 100},
        dias_semana={"type": "array", "items": {"enum": _DAYS, "type": "string"}},
        limite={"type": "integer", "minimum": 1},
    ),
    _tool("cancelar_reserva", ["motivo"], reserva_id=_TEXT, vaga_id=_TEXT, motivo=_TEXT),
    _tool(
        "registrar_opt_out",
        ["escopo", "motivo"],
        escopo={"enum": ["vaga", "mes", "definitivo"], "type": "string"},
        motivo=_TEXT,
        palavras=_TEXT,
        vaga_id=_TEXT,
    ),
    _tool(
        "reservar_plantao",
        ["vaga_id"],
        vaga_id=_TEXT,
        valor={"type": "number", "minimum": 100},
        lista_espera={"type": "boolean"},
    ),
    _tool(
        "salvar_memoria",
        ["informacao", "tipo"],
        informacao=_TEXT,
        tipo={"enum": ["preferencia", "restricao", "info_pessoal"], "type": "string"},
        confianca={"type": "number", "minimum": 0, "maximum": 1},
    ),
    _tool(
        "transferir_para_humano",
        ["tipo", "motivo"],
        tipo={"enum": ["pedido_humano", "juridico", "sentimento_negativo"], "type": "string"},
        motivo=_TEXT,
    ),
]


def request(
    *pending: str,
    history: tuple[tuple[str, str], ...] = (),
    facts: str = "",
    rounds: tuple[tuple[str, dict[str, Any], object], ...] = (),
    tools: list[dict[str, Any]] | None = None,
    **more: Any,
) -> MessagesRequest:
    """A request of the brain: history, situation, pending messages, rounds of tools."""
    messages: list[dict[str, Any]] = [
        {"role": role, "content": [{"type": "text", "text": text}]} for role, text in history
    ]
    situation = (
        "[situação, anotada pelo sistema]\n"
        "Agora: terça, 24/11, às 9h30 (2026-11-24 09:30, horário de Brasília).\n"
        f"Pessoa: primeiro nome: Ana.\n{facts}"
    )
    messages.append({"role": "user", "content": [{"type": "text", "text": situation}]})
    texts = [{"type": "text", "text": text} for text in pending]
    messages.append({"role": "user", "content": texts})
    for index, (name, arguments, result) in enumerate(rounds):
        call = {"type": "tool_use", "id": f"toolu_{index}", "name": name, "input": arguments}
        answer = {
            "type": "tool_result",
            "tool_use_id": f"toolu_{index}",
            "content": json.dumps(result, ensure_ascii=False),
        }
        messages.append({"role": "assistant", "content": [call]})
        messages.append({"role": "user", "content": [answer]})
    body = {
        "model": "claude-haiku-5-5",
        "max_tokens": 400,
        "system": "Você é a Júlia.",
        "messages": messages,
        "tools": TOOLS if tools is None else tools,
        **more,
    }
    return parse(MessagesRequest, body)


def answer(asked: MessagesRequest, seed: int = 1) -> Answer:
    """What the simulator answers to it by its rules."""
    return compose(asked, None, None, rng_for(seed, asked))


def said(asked: MessagesRequest, seed: int = 1) -> str:
    """The words of the answer; it must not call a tool."""
    given = answer(asked, seed)
    assert given.stop_reason == "end_turn", given.content
    return given.text()


def called(asked: MessagesRequest, seed: int = 1) -> tuple[str, dict[str, Any]]:
    """The tool that the answer calls, and with what."""
    given = answer(asked, seed)
    assert given.stop_reason == "tool_use", given.content
    [call] = [block for block in given.content if block["type"] == "tool_use"]
    return call["name"], call["input"]


# What she asks and looks for


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "Oi, tem plantão de anestesia em Campinas sábado?",
            {"especialidade": "anestesia", "regiao": "Campinas", "dias_semana": ["sabado"]},
        ),
        ("tem vaga em são paulo à noite?", {"regiao": "São Paulo", "periodo": "noturno"}),
        (
            "procuro escala no fim de semana acima de 1.500",
            {"dias_semana": ["sabado", "domingo"], "valor_minimo": 1500.0},
        ),
        ("tem plantão amanhã?", {"dias_semana": ["quarta"]}),
        ("não posso sábado, tem vaga domingo?", {"dias_semana": ["domingo"]}),
        ("boa noite! tem plantão em Santos?", {"regiao": "Santos"}),
        ("tenho disponibilidade sexta à noite", {"dias_semana": ["sexta"], "periodo": "noturno"}),
    ],
)
def test_shifts_are_looked_for_by_what_the_doctor_said(words, expected) -> None:
    assert called(request(words)) == ("buscar_vagas", expected)


def test_what_is_missing_is_asked_for_one_thing_at_a_time() -> None:
    for seed in range(10):
        asked = said(request("oi, tem plantão?"), seed)
        assert "cidade" in asked
        assert asked.count("?") == 1


def test_an_answer_to_her_question_goes_on_with_the_search() -> None:
    history = (
        ("user", "tem plantão de anestesia?"),
        ("assistant", "Claro! Qual cidade fica melhor pra vc?"),
    )

    assert called(request("campinas", history=history)) == (
        "buscar_vagas",
        {"especialidade": "anestesia", "regiao": "Campinas"},
    )


def test_shifts_are_told_in_the_results_words_and_nothing_else() -> None:
    found = {"total": 2, "vagas": [FIRST, SECOND]}

    text = said(request("tem plantão em Campinas? #m4", rounds=(("buscar_vagas", {}, found),)))

    for shift in (FIRST, SECOND):
        assert all(shift[key] in text for key in ("hospital", "cidade", "quando", "valor"))
    assert CAMPINAS not in text
    assert set(re.findall(r"R\$ [\d.]*\d", text)) == {"R$ 1.800", "R$ 1.500", "R$ 2.000"}
    assert text.endswith("(#m4)")


def test_no_more_than_three_shifts_are_told_at_once() -> None:
    found = {"total": 5, "vagas": [FIRST | {"vaga_id": f"{n}"} for n in range(5)]}

    text = said(request("tem plantão em Campinas?", rounds=(("buscar_vagas", {}, found),)))

    assert text.count("Hospital Vera Cruz") <= 3
    assert len(text) < 400


def test_nothing_found_is_said_as_it_is() -> None:
    found = {"total": 0, "vagas": [], "orientacao": "Nenhuma vaga aberta."}

    text = said(request("tem plantão em Campinas?", rounds=(("buscar_vagas", {}, found),)))

    assert re.search("[Nn]ão (achei|tem)|não tem nada", text)


# Which shift the doctor means


@pytest.mark.parametrize(
    ("words", "vaga_id"),
    [
        ("quero o primeiro", CAMPINAS),
        ("pode reservar o segundo", SUMARE),
        ("fico com o último", SUMARE),
        ("fechado, o da Santa Casa", SUMARE),
        ("topo o de sábado", CAMPINAS),
        ("quero a segunda opção", SUMARE),
    ],
)
def test_one_of_two_shifts_is_booked_by_what_names_it(words, vaga_id) -> None:
    asked = request(words, history=(("user", "oi"), ("assistant", OFFER)), facts=SHOWN)

    assert called(asked) == ("reservar_plantao", {"vaga_id": vaga_id})


@pytest.mark.parametrize("words", ["quero esse", "fechado", "topo", "pode reservar", "sim", "bora"])
def test_the_only_shift_told_is_the_one_that_is_accepted(words) -> None:
    asked = request(words, history=(("user", "oi"), ("assistant", OFFER_OF_ONE)), facts=SHOWN)

    assert called(asked) == ("reservar_plantao", {"vaga_id": CAMPINAS})


def test_an_unclear_yes_to_two_shifts_is_asked_back() -> None:
    asked = request("quero esse", history=(("user", "oi"), ("assistant", OFFER)), facts=SHOWN)

    assert "Qual deles" in said(asked) or "qual deles" in said(asked).lower()


def test_a_quoted_offer_says_which_shift_is_meant() -> None:
    history = (("user", "oi"), ("assistant", OFFER_OF_ONE), ("assistant", OFFER))
    quote = "[em resposta a: Tem a Santa Casa de Sumaré, domingo, 29/11]\nquero esse"

    assert called(request(quote, history=history, facts=SHOWN))[1] == {"vaga_id": SUMARE}


def test_a_price_that_is_asked_for_goes_to_the_booking() -> None:
    history = (("user", "oi"), ("assistant", OFFER_OF_ONE))

    assert called(request("fecho por 2.000", history=history, facts=SHOWN)) == (
        "reservar_plantao",
        {"vaga_id": CAMPINAS, "valor": 2000.0},
    )


def test_a_choice_needs_no_more_words_when_she_asked_which() -> None:
    asked = request("o de domingo", history=(("user", "oi"), ("assistant", OFFER)), facts=SHOWN)

    assert called(asked) == ("reservar_plantao", {"vaga_id": SUMARE})


def test_a_burst_that_corrects_itself_books_nothing_of_what_was_taken_back() -> None:
    history = (("user", "oi"), ("assistant", OFFER_OF_ONE))
    asked = request("quero", "não, espera, o de domingo", history=history, facts=SHOWN)

    assert called(asked) == ("buscar_vagas", {"dias_semana": ["domingo"]})


@pytest.mark.parametrize("words", ["sim", "Hmm interessante, vou ver com minha esposa", "não"])
def test_nothing_is_booked_that_she_did_not_just_offer(words) -> None:
    history = (
        ("user", "tem vaga?"),
        ("assistant", OFFER_OF_ONE),
        ("user", "e em Santos?"),
        ("assistant", "Não achei plantão assim agora. Quer que eu procure em outro dia?"),
    )
    given = answer(request(words, history=history, facts=SHOWN))

    assert not any(block.get("name") == "reservar_plantao" for block in given.content)


# How a booking ends


@pytest.mark.parametrize(
    ("result", "told", "untold"),
    [
        ({"status": "reservada", "vaga": FIRST}, "reserv.*Vera Cruz.*28/11.*R\\$ 1.800", "Sumaré"),
        (
            {"status": "preenchida", "vaga": FIRST, "alternativas": [SECOND]},
            "acabou de ser preenchida.*Santa Casa de Sumaré",
            "reservei|reservado",
        ),
        ({"status": "preenchida", "vaga": FIRST}, "acabou de ser preenchida", "reservei|reservado"),
        (
            {"status": "conflito", "vaga": FIRST, "conflito_com": SECOND},
            "bate com.*Santa Casa",
            "reservei|Vera Cruz",
        ),
        ({"status": "valor_recusado", "vaga": FIRST}, "equipe", "reservei|reservado|1.800"),
        ({"status": "encerrada", "vaga": FIRST}, "disponível", "reservei|reservado"),
        ({"status": "ja_reservada", "vaga": FIRST}, "já.*Vera Cruz", "reservei"),
        ({"status": "lista_espera", "vaga": FIRST}, "aviso", "reservei|reservado"),
    ],
)
def test_the_words_follow_the_result(result, told, untold) -> None:
    rounds = (("reservar_plantao", {"vaga_id": CAMPINAS}, result),)

    for seed in range(10):
        text = said(request("quero esse", facts=SHOWN, rounds=rounds), seed)
        assert re.search(told, text)
        assert not re.search(untold, text)


def test_what_failed_is_never_told_as_done() -> None:
    for tool in TOOLS:
        asked = request("quero esse", rounds=((tool["name"], {}, "Não foi possível."),))
        failed = asked.messages[-1].tool_results()[0].model_copy(update={"is_error": True})
        last = asked.messages[-1].model_copy(update={"content": [failed]})
        text = said(asked.model_copy(update={"messages": [*asked.messages[:-1], last]}))
        assert not re.search("reservei|cancelei|Combinado|chamei", text)


# The other tools


def test_the_doctors_own_booking_is_cancelled() -> None:
    name, arguments = called(request("preciso cancelar meu plantão de sexta", facts=OWN))

    assert name == "cancelar_reserva"
    assert arguments["reserva_id"] == BOOKED


def test_nothing_is_cancelled_that_is_not_booked() -> None:
    assert "Não achei" in said(request("quero cancelar o plantão", facts=SHOWN))


def test_the_address_is_looked_up_and_told_as_it_was_found() -> None:
    history = (("user", "oi"), ("assistant", OFFER_OF_ONE))
    asked = request("onde fica?", history=history, facts=SHOWN)
    assert called(asked) == ("buscar_info_hospital", {"nome_hospital": "Hospital Vera Cruz"})

    found = {"hospitais": [{"nome": "Hospital Vera Cruz", "endereco": "Av. Andrade Neves, 402"}]}
    rounds = (("buscar_info_hospital", {}, found),)
    assert "Av. Andrade Neves, 402" in said(request("onde fica?", rounds=rounds))
    nothing = (("buscar_info_hospital", {}, {"hospitais": []}),)
    assert "Não tenho o endereço" in said(request("onde fica?", rounds=nothing))


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("me chama amanhã às 10h", "2026-11-25T10:00"),
        ("me lembra sexta 14:30", "2026-11-27T14:30"),
        ("me chama terça às 9h", "2026-12-01T09:00"),
        ("me procura hoje à tarde", "2026-11-24T14:00"),
        ("me chama daqui a 2 horas", "2026-11-24T11:30"),
        ("me lembra dia 03/12 às 8h", "2026-12-03T08:00"),
    ],
)
def test_a_reminder_is_for_the_moment_that_the_doctor_named(words, moment) -> None:
    name, arguments = called(request(words))

    assert (name, arguments["data_hora"]) == ("agendar_lembrete", moment)


def test_a_reminder_without_a_time_is_asked_back() -> None:
    assert "horário" in said(request("me chama semana que vem"))


def test_the_time_that_she_asked_for_completes_the_reminder() -> None:
    history = (
        ("user", "me chama semana que vem"),
        ("assistant", "Claro! Que dia e horário ficam bons pra vc?"),
    )
    name, arguments = called(request("às 10h", history=history))

    assert (name, arguments["data_hora"]) == ("agendar_lembrete", "2026-11-30T10:00")


def test_the_doctors_own_shifts_are_told_from_the_facts() -> None:
    assert "27/11" in said(request("quais plantões eu tenho?", facts=OWN))
    assert "nenhum" in said(request("quais plantões eu tenho?", facts=SHOWN))


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("prefiro plantão noturno", "preferencia"),
        ("não trabalho aos domingos", "restricao"),
        ("moro em Campinas", "info_pessoal"),
    ],
)
def test_what_the_doctor_prefers_is_remembered(words, kind) -> None:
    name, arguments = called(request(words))

    assert (name, arguments["tipo"]) == ("salvar_memoria", kind)


def test_a_wish_that_was_remembered_is_looked_for_as_well() -> None:
    rounds = (("salvar_memoria", {}, {"status": "guardado"}),)

    assert called(request("prefiro plantão noturno em Campinas", rounds=rounds)) == (
        "buscar_vagas",
        {"regiao": "Campinas", "periodo": "noturno"},
    )


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ("não me manda mais mensagem", {"escopo": "definitivo"}),
        ("esse mês não consigo", {"escopo": "mes"}),
        ("não tenho interesse nessa vaga", {"escopo": "vaga", "vaga_id": CAMPINAS}),
    ],
)
def test_a_refusal_goes_as_far_as_it_was_said(words, arguments) -> None:
    history = (("user", "oi"), ("assistant", OFFER_OF_ONE))
    name, given = called(request(words, history=history, facts=SHOWN))

    assert name == "registrar_opt_out"
    assert given.items() >= arguments.items()
    assert given["motivo"]
    assert given.get("palavras") == (None if arguments["escopo"] == "vaga" else words)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("quero falar com uma pessoa", "pedido_humano"),
        ("vou falar com meu advogado", "juridico"),
        ("isso é um absurdo", "sentimento_negativo"),
    ],
)
def test_a_person_is_called_for_what_a_person_should_hear(words, kind) -> None:
    name, arguments = called(request(words))

    assert (name, arguments["tipo"]) == ("transferir_para_humano", kind)


@pytest.mark.parametrize("words", ["você é um robô?", "vc é uma pessoa mesmo?", "isso é uma IA?"])
def test_she_says_what_she_is(words) -> None:
    for seed in range(5):
        assert "assistente virtual" in said(request(words), seed)


# The ledger, and where words come from


def test_markers_are_repeated_once_each_after_tools_too() -> None:
    rounds = (("reservar_plantao", {"vaga_id": CAMPINAS}, {"status": "reservada", "vaga": FIRST}),)
    quoted = "[em resposta a: tem esse (#m1)]\nquero esse #m7"

    assert said(request("oi #m6", quoted, rounds=rounds)).endswith("(#m6 #m7)")
    assert said(request("oi #m6", "oi de novo #m6")).count("#m6") == 1


def test_facts_of_the_caller_are_not_taken_for_the_doctors_words() -> None:
    facts = "O que se sabe da pessoa:\n- preferencia: quer plantão em Santos, me chama amanhã às 9h"

    assert "Júlia" in said(request("bom dia", facts=facts))


def test_a_transcribed_audio_counts_as_words() -> None:
    audio = "[áudio de 8 s]\n[o que o anexo diz: tem plantão em Campinas no sábado?]"

    assert called(request(audio))[0] == "buscar_vagas"


def test_an_attachment_that_nobody_read_is_asked_for_in_writing() -> None:
    assert re.search("texto|escrito", said(request("[áudio de 12 s]")))


def test_the_same_request_and_seed_give_the_same_answer_and_seeds_vary() -> None:
    asked = request("oi, tem plantão?")

    assert answer(asked, 5) == answer(asked, 5)
    assert len({answer(asked, seed).text() for seed in range(20)}) > 1


def test_without_tools_she_invents_nothing() -> None:
    for words in ("tem plantão em Campinas sábado?", "quanto paga?", "qual o endereço?", "fechado"):
        text = said(request(words, tools=[]))
        assert not re.search(r"R\$|reservei|Hospital|Rua", text)

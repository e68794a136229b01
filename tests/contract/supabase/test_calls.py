"""What a call answers: holds for the simulator and for a real PostgREST."""

import uuid

import httpx
import pytest


async def test_a_function_gets_its_named_argument_and_answers_json(
    service: httpx.AsyncClient,
) -> None:
    value = {"texto": "Olá, 'plantão' \"hoje\"? 🩺", "lista": [1, 2.5, None, {"a": True}]}
    response = await service.post("/rpc/contrato_eco", json={"p": value})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.json() == value


@pytest.mark.parametrize(
    ("function", "arguments", "answer"),
    [
        ("contrato_soma", {"a": 1, "b": 2}, 3),
        ("contrato_soma", {"a": 1}, 11),
        ("contrato_soma", {"a": "4"}, 14),
        ("contrato_texto", {}, 'olá "você"'),
        ("contrato_nulo", {}, None),
        ("contrato_conjunto", {"n": 3}, [1, 2, 3]),
        ("contrato_conjunto", {"n": 0}, []),
        ("contrato_tabela", {"n": 1}, [{"numero": 1, "nome": "n1"}]),
        ("contrato_sem_nome", {"x": [1]}, {"x": [1]}),
        ("contrato_sobrecarga", {"p": {}}, "um"),
        ("contrato_sobrecarga", {"p": {}, "q": "x"}, "dois"),
    ],
)
async def test_values_of_every_shape_come_back(
    service: httpx.AsyncClient, function: str, arguments: dict[str, object], answer: object
) -> None:
    response = await service.post(f"/rpc/{function}", json=arguments)
    assert (response.status_code, response.json()) == (200, answer)


async def test_a_void_function_answers_without_content(service: httpx.AsyncClient) -> None:
    response = await service.post("/rpc/contrato_vazio", json={"p": {}})
    assert (response.status_code, response.content) == (204, b"")


async def test_an_empty_body_means_no_arguments(service: httpx.AsyncClient) -> None:
    response = await service.post("/rpc/contrato_texto")
    assert (response.status_code, response.json()) == (200, 'olá "você"')


async def test_a_function_sees_its_caller_and_the_request(service: httpx.AsyncClient) -> None:
    response = await service.post(
        "/rpc/contrato_contexto", json={}, headers={"X-Request-Id": "abc"}
    )
    seen = response.json()
    assert seen["role"] == "service_role"
    assert seen["claims"]["role"] == "service_role"
    assert seen["method"] == "POST"
    assert seen["path"] == "/rpc/contrato_contexto"
    assert seen["headers"]["x-request-id"] == "abc"
    assert seen["search_path"].replace('"', "").startswith("api, public")
    assert seen["read_only"] == "on"


async def test_without_a_token_the_caller_is_anon(anonymous: httpx.AsyncClient) -> None:
    seen = (await anonymous.post("/rpc/contrato_contexto", json={})).json()
    assert seen["role"] == "anon"
    assert seen["claims"] == {"role": "anon"}


async def test_a_call_is_one_transaction_that_commits(service: httpx.AsyncClient) -> None:
    key = uuid.uuid4().hex
    answers = [
        (await service.post("/rpc/contrato_grava", json={"p": {"id": key}})).json()
        for _ in range(2)
    ]
    assert answers == [{"chamadas": 1}, {"chamadas": 2}]


async def test_a_call_that_fails_leaves_nothing_behind(service: httpx.AsyncClient) -> None:
    key = uuid.uuid4().hex
    failed = await service.post("/rpc/contrato_grava_e_falha", json={"p": {"id": key}})
    assert failed.status_code == 400
    after = await service.post("/rpc/contrato_grava", json={"p": {"id": key}})
    assert after.json() == {"chamadas": 1}


async def test_a_function_declared_stable_may_not_write(service: httpx.AsyncClient) -> None:
    response = await service.post("/rpc/contrato_estavel_que_grava", json={"p": {"id": "x"}})
    assert (response.status_code, response.json()["code"]) == (405, "25006")


async def test_the_statement_timeout_of_a_function_is_kept(service: httpx.AsyncClient) -> None:
    response = await service.post("/rpc/contrato_prazo", json={"p": {"segundos": 20}})
    assert response.status_code == 500
    assert response.json() == {
        "code": "57014",
        "message": "canceling statement due to statement timeout",
        "details": None,
        "hint": None,
    }


@pytest.mark.parametrize(
    ("sqlstate", "status"),
    [
        ("22023", 400),
        ("22P02", 400),
        ("23503", 409),
        ("23505", 409),
        ("23514", 400),
        ("40P01", 500),
        ("42501", 403),
        ("42P01", 404),
        ("53300", 503),
        ("53400", 500),
        ("55P03", 500),
        ("57014", 500),
        ("58030", 500),
        ("P0001", 400),
        ("P0002", 500),
        ("XX000", 500),
        ("PT418", 418),
    ],
)
async def test_an_sqlstate_has_its_http_status_and_is_told_whole(
    service: httpx.AsyncClient, sqlstate: str, status: int
) -> None:
    order = {"codigo": sqlstate, "mensagem": "assim não", "detalhe": "campo x", "dica": "use y"}
    response = await service.post("/rpc/contrato_erro", json={"p": order})
    assert response.status_code == status
    assert response.json() == {
        "code": sqlstate,
        "message": "assim não",
        "details": "campo x",
        "hint": "use y",
    }


async def test_a_broken_constraint_says_which_value(service: httpx.AsyncClient) -> None:
    order = {"p": {"id": uuid.uuid4().hex}}
    await service.post("/rpc/contrato_unico", json=order)
    again = await service.post("/rpc/contrato_unico", json=order)
    assert (again.status_code, again.json()["code"]) == (409, "23505")
    assert order["p"]["id"] in again.json()["details"]


async def test_a_nul_character_is_the_callers_fault(service: httpx.AsyncClient) -> None:
    response = await service.post("/rpc/contrato_eco", json={"p": {"texto": "a\x00b"}})
    assert (response.status_code, response.json()["code"]) == (400, "22P05")


async def test_an_argument_of_the_wrong_type_is_the_callers_fault(
    service: httpx.AsyncClient,
) -> None:
    response = await service.post("/rpc/contrato_soma", json={"a": "muitos"})
    assert (response.status_code, response.json()["code"]) == (400, "22P02")


async def test_a_forbidden_function_is_403_for_a_known_caller(service: httpx.AsyncClient) -> None:
    response = await service.post("/rpc/contrato_tabela_alheia", json={"p": {}})
    assert (response.status_code, response.json()["code"]) == (403, "42501")
    assert "www-authenticate" not in response.headers


async def test_a_forbidden_function_is_401_for_anybody(anonymous: httpx.AsyncClient) -> None:
    response = await anonymous.post("/rpc/contrato_eco", json={"p": {}})
    assert response.status_code == 401
    assert response.json() == {
        "code": "42501",
        "message": "permission denied for function contrato_eco",
        "details": None,
        "hint": None,
    }
    assert response.headers["www-authenticate"] == "Bearer"


async def test_an_unknown_function_is_named_with_a_suggestion(
    service: httpx.AsyncClient,
) -> None:
    response = await service.post("/rpc/contrato_somas", json={"a": 1})
    error = response.json()
    assert (response.status_code, error["code"]) == (404, "PGRST202")
    assert error["message"] == (
        "Could not find the function api.contrato_somas(a) in the schema cache"
    )
    assert error["hint"] == "Perhaps you meant to call the function api.contrato_soma"


async def test_arguments_that_fit_no_overload_are_told(service: httpx.AsyncClient) -> None:
    response = await service.post("/rpc/contrato_soma", json={"a": 1, "c": 2})
    error = response.json()
    assert (response.status_code, error["code"]) == (404, "PGRST202")
    assert error["message"] == (
        "Could not find the function api.contrato_soma(a, c) in the schema cache"
    )
    assert error["hint"] == "Perhaps you meant to call the function api.contrato_soma(a, b)"


async def test_a_missing_required_argument_fits_no_function(service: httpx.AsyncClient) -> None:
    response = await service.post("/rpc/contrato_eco", json={})
    assert (response.status_code, response.json()["code"]) == (404, "PGRST202")


async def test_overloads_with_the_same_names_are_ambiguous(service: httpx.AsyncClient) -> None:
    response = await service.post("/rpc/contrato_ambigua", json={"p": {}})
    error = response.json()
    assert (response.status_code, error["code"]) == (300, "PGRST203")
    assert "api.contrato_ambigua(p => jsonb)" in error["message"]
    assert "api.contrato_ambigua(p => text)" in error["message"]


@pytest.mark.parametrize("body", [b"{", b"nada", b"\xff\xfe"])
async def test_a_body_that_is_not_json_is_refused(service: httpx.AsyncClient, body: bytes) -> None:
    response = await service.post(
        "/rpc/contrato_eco", content=body, headers={"Content-Type": "application/json"}
    )
    assert (response.status_code, response.json()["code"]) == (400, "PGRST102")


async def test_only_exposed_schemas_can_be_named(service: httpx.AsyncClient) -> None:
    exposed, hidden = [
        await service.post("/rpc/contrato_eco", json={"p": 1}, headers={"Content-Profile": schema})
        for schema in ("api", "pg_catalog")
    ]
    assert exposed.status_code == 200
    assert (hidden.status_code, hidden.json()["code"]) == (406, "PGRST106")


async def test_functions_are_not_deleted(service: httpx.AsyncClient) -> None:
    response = await service.delete("/rpc/contrato_eco")
    assert (response.status_code, response.json()["code"]) == (405, "PGRST101")

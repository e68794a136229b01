"""Who may call. What a real PostgREST says without its secret is part of the contract too."""

import time
from collections.abc import Callable

import httpx
import jwt
import pytest

type Mint = Callable[..., str]

OTHER_SECRET = "a-secret-that-the-server-does-not-know"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("abc", "Expected 3 parts in JWT; got 1"),
        ("a.b.c.d", "Expected 3 parts in JWT; got 4"),
    ],
)
async def test_a_token_of_the_wrong_form_is_refused(
    anonymous: httpx.AsyncClient, token: str, message: str
) -> None:
    response = await anonymous.post("/rpc/contrato_texto", json={}, headers=bearer(token))
    assert (response.status_code, response.json()["code"]) == (401, "PGRST301")
    assert response.json()["message"] == message


async def test_a_token_signed_by_another_is_refused(
    anonymous: httpx.AsyncClient, mint: Mint
) -> None:
    response = await anonymous.post(
        "/rpc/contrato_texto", json={}, headers=bearer(mint(OTHER_SECRET))
    )
    assert (response.status_code, response.json()["code"]) == (401, "PGRST301")
    assert response.headers["www-authenticate"].startswith('Bearer error="invalid_token"')


async def test_an_unsigned_token_is_refused(anonymous: httpx.AsyncClient) -> None:
    token = jwt.encode({"role": "service_role"}, None, algorithm="none")
    response = await anonymous.post("/rpc/contrato_texto", json={}, headers=bearer(token))
    assert (response.status_code, response.json()["code"]) == (401, "PGRST301")


async def test_another_scheme_is_no_token(anonymous: httpx.AsyncClient) -> None:
    response = await anonymous.post("/rpc/contrato_contexto", json={}, auth=("user", "password"))
    assert response.json()["role"] == "anon"


@pytest.mark.parametrize(
    ("claim", "offset_s", "message"),
    [
        ("exp", -120, "JWT expired"),
        ("nbf", 120, "JWT not yet valid"),
        ("iat", 120, "JWT issued at future"),
    ],
)
async def test_a_token_out_of_its_time_is_refused(
    simulated_anonymous: httpx.AsyncClient, mint: Mint, claim: str, offset_s: int, message: str
) -> None:
    token = mint(**{claim: int(time.time()) + offset_s})
    response = await simulated_anonymous.post("/rpc/contrato_texto", json={}, headers=bearer(token))
    assert response.status_code == 401
    assert (response.json()["code"], response.json()["message"]) == ("PGRST303", message)
    assert message in response.headers["www-authenticate"]


@pytest.mark.parametrize(("claim", "offset_s"), [("exp", -10), ("nbf", 10), ("iat", 10)])
async def test_clocks_may_differ_by_thirty_seconds(
    simulated_anonymous: httpx.AsyncClient, mint: Mint, claim: str, offset_s: int
) -> None:
    token = mint(**{claim: int(time.time()) + offset_s})
    response = await simulated_anonymous.post("/rpc/contrato_texto", json={}, headers=bearer(token))
    assert response.status_code == 200


async def test_a_time_must_be_a_number(simulated_anonymous: httpx.AsyncClient, mint: Mint) -> None:
    response = await simulated_anonymous.post(
        "/rpc/contrato_texto", json={}, headers=bearer(mint(exp="amanhã"))
    )
    assert (response.status_code, response.json()["code"]) == (401, "PGRST303")


async def test_the_role_claim_decides_the_role(
    simulated_anonymous: httpx.AsyncClient, mint: Mint
) -> None:
    response = await simulated_anonymous.post(
        "/rpc/contrato_contexto", json={}, headers=bearer(mint(role="authenticated", sub="42"))
    )
    assert response.json()["role"] == "authenticated"
    assert response.json()["claims"] == {"role": "authenticated", "sub": "42"}


async def test_a_token_without_a_role_is_anonymous(
    simulated_anonymous: httpx.AsyncClient, mint: Mint
) -> None:
    response = await simulated_anonymous.post(
        "/rpc/contrato_contexto", json={}, headers=bearer(mint(role=None))
    )
    assert response.json()["role"] == "anon"


async def test_a_role_that_does_not_exist_is_unauthorized(
    simulated_anonymous: httpx.AsyncClient, mint: Mint
) -> None:
    response = await simulated_anonymous.post(
        "/rpc/contrato_texto", json={}, headers=bearer(mint(role="ninguem"))
    )
    assert (response.status_code, response.json()["code"]) == (401, "22023")


async def test_a_role_that_is_not_granted_is_forbidden(
    simulated_anonymous: httpx.AsyncClient, mint: Mint
) -> None:
    response = await simulated_anonymous.post(
        "/rpc/contrato_texto", json={}, headers=bearer(mint(role="postgres"))
    )
    assert (response.status_code, response.json()["code"]) == (403, "42501")


async def test_the_gateway_wants_an_api_key(simulated_anonymous: httpx.AsyncClient) -> None:
    response = await simulated_anonymous.post("/rest/v1/rpc/contrato_texto", json={})
    assert (response.status_code, response.json()["message"]) == (
        401,
        "No API key found in request",
    )


async def test_the_gateway_takes_the_api_key_for_the_token(
    simulated_anonymous: httpx.AsyncClient, mint: Mint
) -> None:
    response = await simulated_anonymous.post(
        "/rest/v1/rpc/contrato_contexto", json={}, headers={"apikey": mint()}
    )
    assert response.json()["role"] == "service_role"

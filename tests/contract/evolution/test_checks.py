"""In which order Evolution checks a request, and how it says what is wrong."""

import pytest

from .conftest import Evolution

TEXT = {"number": "5519987654321", "text": "Olá"}


def test_an_unknown_instance_is_404_even_without_a_key(channel: Evolution) -> None:
    answer = channel.http.post("/message/sendText/nobody", json={})
    assert answer.status_code == 404
    assert answer.json() == {
        "status": 404,
        "error": "Not Found",
        "response": {"message": ['The "nobody" instance does not exist']},
    }


@pytest.mark.parametrize("headers", [{}, {"apikey": "wrong"}])
def test_the_key_is_checked_before_the_body_and_answered_with_a_string(
    channel: Evolution, headers: dict[str, str]
) -> None:
    path = f"/message/sendText/{channel.instance}"
    answer = channel.http.post(path, json={}, headers=headers)
    assert answer.status_code == 401
    assert answer.json() == {
        "status": 401,
        "error": "Unauthorized",
        "response": {"message": "Unauthorized"},
    }


def test_the_instance_token_opens_its_instance(channel: Evolution) -> None:
    path = f"/message/sendText/{channel.instance}"
    answer = channel.http.post(path, json=TEXT, headers={"apikey": channel.token})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("body", "complaints"),
    [
        ({"number": "5519987654321"}, ['instance requires property "text"']),
        ({}, ['instance requires property "number"', 'instance requires property "text"']),
        ({"number": 5519987654321, "text": "Olá"}, ["Invalid format"]),
        ({**TEXT, "delay": "1000"}, ["Enter a value in milliseconds"]),
    ],
)
def test_schema_errors_are_a_list_inside_a_list(
    channel: Evolution, body: dict[str, object], complaints: list[str]
) -> None:
    answer = channel.post("message/sendText", body)
    assert answer.status_code == 400
    assert answer.json() == {
        "status": 400,
        "error": "Bad Request",
        "response": {"message": [complaints]},
    }


def test_malformed_json_is_400_with_the_name_of_an_internal_error(channel: Evolution) -> None:
    answer = channel.http.post(
        f"/message/sendText/{channel.instance}",
        content=b'{"number": ',
        headers={"apikey": channel.global_key, "content-type": "application/json"},
    )
    assert answer.status_code == 400
    assert answer.json()["error"] == "Internal Server Error"


def test_unknown_fields_are_ignored_silently(channel: Evolution) -> None:
    answer = channel.post("message/sendText", {**TEXT, "options": {"delay": 9000}})
    assert answer.status_code == 201


def test_presence_wants_its_three_fields_flat(channel: Evolution) -> None:
    nested = {"number": TEXT["number"], "options": {"presence": "composing", "delay": 10}}
    answer = channel.post("chat/sendPresence", nested)
    assert answer.status_code == 400
    assert answer.json()["response"]["message"] == [
        ['instance requires property "presence"', 'instance requires property "delay"']
    ]


def test_an_unknown_path_is_404_with_its_name(channel: Evolution) -> None:
    answer = channel.http.get("/nothing/here")
    assert answer.status_code == 404
    assert answer.json()["response"]["message"] == ["Cannot GET /nothing/here"]

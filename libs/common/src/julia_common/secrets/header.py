"""A secret in a header of each request."""

from collections.abc import Generator
from http import HTTPStatus
from typing import Final

import httpx
from pydantic import SecretStr

from julia_common.secrets.rotating import note_answer, values_to_try

REFUSALS: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class SecretHeader(httpx.Auth):
    """Sends the present value; refused (401 or 403), the request goes once more with the other.

    Only a 401 is held against the secret: a 403 may be about the one request. So may that of a
    DELETE be: Chatwoot answers 401 to an agent who deletes a contact, which administrators may
    (its app/controllers/concerns/request_exception_handler.rb).
    """

    def __init__(self, secret: SecretStr, header: str, form: str = "{}") -> None:
        """Send `form`, with the value in place of its braces, as `header`."""
        self._secret = secret
        self._header = header
        self._form = form

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """See `httpx.Auth`."""
        for value in values_to_try(self._secret):
            request.headers[self._header] = self._form.format(value)
            response = yield request
            if response.status_code == HTTPStatus.UNAUTHORIZED and request.method != "DELETE":
                note_answer(self._secret, value, accepted=False)
            elif response.is_success:
                note_answer(self._secret, value, accepted=True)
            if response.status_code not in REFUSALS:
                return

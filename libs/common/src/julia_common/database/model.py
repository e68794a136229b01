"""Base of the arguments and answers of the database's functions."""

from pydantic import BaseModel, ConfigDict


class Arguments(BaseModel):
    """What we send: only the declared fields; None means absent."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Answer(BaseModel):
    """What the database says: fields of a newer version are ignored, ids are text."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class Doorbell(Answer):
    """A conversation that has something to send, and the number it belongs to."""

    conversa_id: str
    instance: str

"""What the control API may change while the simulator runs."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

type AckStatus = Literal["SERVER_ACK", "DELIVERY_ACK", "READ"]


class Tuning(BaseModel):
    """Speeds and switches; the defaults are those of Evolution 2.3.7."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    webhook_time_scale: float = Field(default=1.0, ge=0)
    """Factor on the waits between the attempts of a webhook."""
    webhook_timeout_s: float = Field(default=30.0, gt=0)
    webhook_attempts: int = Field(default=10, ge=1)
    save_messages: bool = True
    """`DATABASE_SAVE_DATA_NEW_MESSAGE`: without it `findMessages` stays empty."""
    acks: tuple[AckStatus, ...] = ("SERVER_ACK", "DELIVERY_ACK")
    """The acks that every delivered message gets, in this order."""
    ack_delay_s: float = Field(default=0.1, ge=0)
    """Time before each of them."""

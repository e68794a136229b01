"""Secrets whose values may be replaced while the process runs.

A secret setting is a `RotatingSecret`. `SecretFiles` follows the mounted files and gives it new
values; whoever uses it asks for the value each time, with `SecretHeader` or `with_secret`, which
also try the other value when one is refused during a rotation.
"""

from julia_common.secrets.check import SecretsCheck
from julia_common.secrets.following import SecretFiles
from julia_common.secrets.header import SecretHeader
from julia_common.secrets.rotating import (
    OVERLAP_SECONDS,
    RotatingSecret,
    accepted_values,
    with_secret,
)

__all__ = [
    "OVERLAP_SECONDS",
    "RotatingSecret",
    "SecretFiles",
    "SecretHeader",
    "SecretsCheck",
    "accepted_values",
    "with_secret",
]

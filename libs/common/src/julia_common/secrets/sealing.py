"""Keys that seal: the first of several seals, each opens."""

from cryptography.fernet import Fernet, MultiFernet
from pydantic import SecretStr


def fernet(keys: SecretStr) -> MultiFernet:
    """What seals with the first key now; keys are separated by commas. Raises `ValueError`."""
    return MultiFernet([Fernet(key.strip()) for key in keys.get_secret_value().split(",")])

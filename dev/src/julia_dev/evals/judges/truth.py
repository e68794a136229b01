"""What may be said in one conversation."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Truth:
    """All that may be said in one conversation without inventing anything."""

    reais: frozenset[int] = frozenset()
    hospitals: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    days: frozenset[tuple[int, int]] = frozenset()
    """Day and month."""
    hours: frozenset[tuple[int, int]] = frozenset()
    """Hour and minute at which a shift begins or ends."""
    said: tuple[str, ...] = ()
    """What the doctors, or a person of ours, wrote."""
    plain_names: frozenset[str] = frozenset()
    """Names that look like a hospital's and are none: `Clínica Médica`."""

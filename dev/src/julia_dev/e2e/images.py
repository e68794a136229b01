"""What the images are called, of the services and of everything that stands beside them."""

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Images:
    """The images of a run: `<registry>/julia-<part>:<tag>`; `other` has the same code.

    Upgrades go from one tag to the other and back.
    """

    registry: str = "localhost"
    tag: str = "dev"
    other: str = "dev2"

    def own(self) -> list[str]:
        """Return what upgrades replace, under the first tag."""
        return [self.of(part) for part in _OWN]

    def beside(self) -> list[str]:
        """Return what stands beside it, which has one tag only."""
        return [self.of(part) for part in (*NEIGHBOURS, *_OUTSIDE)]

    def of(self, part: str) -> str:
        """Return the image of a part, such as `simulators` or `postgres`."""
        return f"{self.registry}/julia-{part}:{self.tag}"

    def values(self) -> dict[str, Any]:
        """Return the chart's values that name them."""
        own = {"registry": self.registry, "tag": self.tag}
        return {
            "image": own,
            **{
                neighbour: {"image": {**own, "repository": f"julia-{neighbour}"}}
                for neighbour in NEIGHBOURS
            },
            "backup": {
                "images": {
                    name: {**own, "repository": f"julia-{name}"} for name in ("postgres", "rclone")
                }
            },
        }


_OWN: Final = ("api", "brain", "dispatcher", "scheduler", "operator", "migrations")
_OUTSIDE: Final = ("simulators", "postgres", "rclone")
NEIGHBOURS: Final = ("redis", "rabbitmq", "evolution")
"""What the chart installs beside the services."""

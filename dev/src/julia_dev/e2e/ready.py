"""Bringing up `tests/cluster` with the images in it, where no other cluster was given."""

import asyncio
import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from julia_dev import paths
from julia_dev.e2e.images import Images
from julia_dev.stack.errors import StackError

_COMPILE: Final = paths.ROOT / "dev" / "kube" / "build"
_BUILD: Final = paths.ROOT / "dev" / "images" / "build"
_CLUSTER: Final = paths.ROOT / "tests" / "cluster" / "cluster"


async def cluster(images: Images) -> None:
    """Build base images and images under both tags, and bring the cluster up with them.

    With KEDA, too, where it was compiled before: that takes minutes of its own.

    Raises:
        StackError: a step failed; its own words went to the console before.
    """
    other = replace(images, tag=images.other)
    await _run(str(_CLUSTER), "images")
    await _run(str(_BUILD), "--tag", images.tag)
    await _run(str(_BUILD), "--tag", images.other, *_names(other.own()))
    await _run(str(_CLUSTER), "up")
    await _run(str(_CLUSTER), "load", *images.own(), *images.beside(), *other.own())
    if not await _output(str(_COMPILE), "keda", "--missing"):
        await _run(str(_CLUSTER), "keda")


def _names(images: Iterable[str]) -> list[str]:
    """Return `julia-brain` of `localhost/julia-brain:dev`."""
    return [image.rpartition("/")[2].partition(":")[0] for image in images]


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command, cwd=paths.ROOT, stdout=sys.stderr)
    if await process.wait():
        raise StackError(f"{' '.join(command)} failed (exit code {process.returncode})")


async def _output(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    if process.returncode:
        raise StackError(f"{' '.join(command)} failed (exit code {process.returncode})")
    return said.decode().strip()

"""The developer's stack for a command: the one that runs, or one of the command's own."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from julia_dev.stack import environment, running
from julia_dev.stack.config import StackConfig
from julia_dev.stack.errors import StackError
from julia_dev.stack.running import Claim, Running
from julia_dev.stack.stack import Stack

START_TIMEOUT_S = 300.0


@asynccontextmanager
async def running_or_started(config: StackConfig) -> AsyncIterator[Stack]:
    """Give the stack that runs in the folder of `config`; start one for the block if none does.

    Raises:
        StackError: it cannot be started.
    """
    with Claim(config.folder) as claim:
        if claim.ours:
            async with Stack(config) as stack:
                claim.publish(facts(config))
                yield stack
            return
    found = running.find(config.folder, wait_s=START_TIMEOUT_S)
    if found is None:
        raise StackError("the running stack was just stopped; try again")
    yield Stack(replace(config, ports=found.ports))


def facts(config: StackConfig) -> Running:
    """Return what others need to know about the stack that this process runs."""
    return Running(
        folder=config.folder,
        pid=os.getpid(),
        ports=config.ports,
        claude=environment.answered_by_claude(config),
        slack=environment.told_to_slack(config),
        chatwoot=environment.shown_in_chatwoot(config),
    )

"""Ports of the local stack: moved by variables, refused with the way out."""

import os
import re
import socket

import pytest

from julia_dev import paths
from julia_dev.stack import ports
from julia_dev.stack.errors import StackError


def test_a_variable_moves_a_port() -> None:
    moved = ports.from_environment({"JULIA_PORT_INGEST": "9000"})

    assert moved["ingest"] == 9000
    assert moved["evolution"] == ports.DEFAULTS["evolution"]


@pytest.mark.parametrize("text", ["0", "65536", "-1", "eight", "8_000", "8000.0"])
def test_what_is_no_port_is_refused_by_the_variables_name(text: str) -> None:
    with pytest.raises(StackError, match="JULIA_PORT_INGEST"):
        ports.from_environment({"JULIA_PORT_INGEST": text})


def test_two_parts_on_one_port_are_refused() -> None:
    with pytest.raises(StackError, match="JULIA_PORT_EVOLUTION"):
        ports.from_environment({"JULIA_PORT_EVOLUTION": str(ports.DEFAULTS["ingest"])})


def test_a_taken_port_names_its_holder_and_the_variable_that_moves_ours() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]

        with pytest.raises(StackError) as refusal:
            ports.require_free("redis", port)

    assert f"process {os.getpid()}" in str(refusal.value)
    assert "JULIA_PORT_REDIS=" in str(refusal.value)


def test_the_reference_page_lists_every_port_and_its_variable() -> None:
    page = (paths.ROOT / "docs" / "reference" / "local-stack.md").read_text()
    listed = dict(re.findall(r"\| (\d+) \| `(\w+)` \|", page))

    assert listed == {str(port): ports.variable(name) for name, port in ports.DEFAULTS.items()}


def test_free_ports_differ() -> None:
    assert len(set(ports.all_free().values())) == len(ports.DEFAULTS)

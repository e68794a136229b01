"""What children say: everything in a file, what matters on the console, readable."""

import io
import json
import re
from contextlib import closing
from pathlib import Path

from julia_dev.stack.output import Output

CANONICAL = {
    "timestamp": "2026-03-02T12:00:00.000Z",
    "level": "INFO",
    "service": "julia-brain",
    "message": "Turno encerrado",
    "context": {"conversa_id": "c-1", "latencia_ms": 12, "motivo": None},
}


def test_a_json_line_becomes_one_for_eyes_and_stays_json_in_the_file(tmp_path: Path) -> None:
    console = io.StringIO()

    with closing(Output(tmp_path, console)) as output:
        output.sink("brain", tells=None)(json.dumps(CANONICAL).encode())

    assert console.getvalue() == (
        "brain        12:00:00 INFO    Turno encerrado conversa_id=c-1 latencia_ms=12 motivo=null\n"
    )
    assert json.loads((tmp_path / "brain.log").read_text()) == CANONICAL


def test_any_other_line_is_shown_as_it_is_without_its_colours(tmp_path: Path) -> None:
    console = io.StringIO()

    with closing(Output(tmp_path, console)) as output:
        output.sink("rabbitmq", tells=None)(b"\x1b[38;5;160mBOOT FAILED\x1b[0m \xff")

    assert console.getvalue() == "rabbitmq     BOOT FAILED \N{REPLACEMENT CHARACTER}\n"


def test_a_talkative_servers_chatter_goes_to_the_file_only(tmp_path: Path) -> None:
    console = io.StringIO()

    with closing(Output(tmp_path, console)) as output:
        take = output.sink("postgres", tells=re.compile("ERROR"))
        take(b"LOG:  starting")
        take(b"ERROR:  no such table")

    assert console.getvalue() == "postgres     ERROR:  no such table\n"
    assert output.tail("postgres") == "    LOG:  starting\n    ERROR:  no such table"


def test_a_closed_terminal_does_not_stop_the_stack(tmp_path: Path) -> None:
    class Closed(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    Output(tmp_path, Closed()).announce("stopping")

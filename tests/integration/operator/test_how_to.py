"""Every block of the page on stopping Júlia does, and shows, what the page says."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from julia_dev.kube.access import Access
from julia_dev.kube.binaries import binary
from julia_dev.kube.operator import operator
from julia_dev.paths import ROOT
from julia_dev.pytest_plugin import SupabaseEndpoint, running
from julia_dev.stack import ports

pytestmark = pytest.mark.integration

PAGE = ROOT / "docs/how-to/pause.md"
NAMESPACE = "pausar"
PATIENCE_S = 20.0

# What is so at the end of a section, by its heading.
SO = {
    "Stop Júlia, and let her go on": "select count(*) = 3 and private.paused() from pausas",
    "Let her go on": "select count(*) = 0 from pausas",
    "A part of her": "select count(*) = 2 and not private.paused() from pausas",
    "Until a time": "select count(*) = 2 from pausas where ate > now()",
    "In a repository (GitOps)": "select count(*) = 0 from pausas",
    "When somebody else decided: `Overridden`": "select private.paused()",
    "Delete a resource, uninstall the operator": "select array_agg(alterado_por) = '{bruno}' "
    "from pausas join julia_status using (id)",
    # Once the operator has shown what is left, `julia`, to the database that knows nothing of it.
    "After a database was restored": "select private.paused() and nome = 'julia' and "
    "(select motivo from julia_status order by id desc limit 1) like 'Banco restaurado%' "
    "from recursos_status where removido_em is null",
}


@dataclass(frozen=True)
class Shell:
    """Runs a page's blocks as a manager would, in one folder."""

    folder: Path
    kubeconfig: Path
    dsn: str
    supabase: SupabaseEndpoint

    def run(self, language: str, block: str) -> str:
        """Run a block and return what it printed."""
        if language == "yaml":
            name = block.splitlines()[0].removeprefix("# ")
            (self.folder / name).write_text(block)
            return ""
        if language == "sql":
            command = ["psql", self.dsn, "-X", "-v", "ON_ERROR_STOP=1"]
        else:
            command = ["bash", "-euo", "pipefail"]
        done = subprocess.run(
            command,
            input=block,
            cwd=self.folder,
            env={
                "PATH": os.pathsep.join(
                    [str(Path(binary("kubectl")).parent), str(Path(sys.executable).parent),
                     os.environ["PATH"]]
                ),
                "HOME": str(self.folder),
                "KUBECONFIG": str(self.kubeconfig),
                "NO_PROXY": "127.0.0.1",
                "SUPABASE_URL": self.supabase.url,
                "SUPABASE_SERVICE_KEY": self.supabase.service_key,
            },
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture
async def shell(
    kubernetes: Access, supabase_endpoint: SupabaseEndpoint, pg_dsn: str, tmp_path: Path
) -> AsyncIterator[Shell]:
    """A namespace with the operator, and a shell of a manager in it."""
    kubeconfig = await kubernetes.home_of_operator(NAMESPACE)
    program = operator(
        tmp_path,
        kubeconfig=kubeconfig,
        namespace=NAMESPACE,
        port=ports.free(1)[0],
        supabase_url=supabase_endpoint.url,
        service_key=supabase_endpoint.service_key,
    )
    admin = json.loads(kubernetes.kubectl(NAMESPACE).kubeconfig.read_text())
    admin["contexts"][0]["context"]["namespace"] = NAMESPACE
    (tmp_path / "kubeconfig").write_text(json.dumps(admin))
    with running(program, tmp_path / "operator.log"):
        yield Shell(tmp_path, tmp_path / "kubeconfig", pg_dsn, supabase_endpoint)


async def test_every_block_of_the_page_does_and_shows_what_the_page_says(shell: Shell) -> None:
    async with asyncpg.create_pool(shell.dsn, min_size=1, max_size=1) as database:
        await database.execute(
            "insert into especialidades (nome) values ('Anestesiologia');"
            "insert into whatsapp_instances (instance) values ('julia-2')"
        )
        for heading, blocks in sections(PAGE.read_text()):
            follow(shell, heading, blocks)
            if heading in SO:
                assert await becomes_true(database, SO[heading]), heading


def follow(shell: Shell, heading: str, blocks: list[tuple[str, str]]) -> None:
    """Run the blocks in their order; compare each `text` with what the one before it printed."""
    printed, ran = "", ("", "")
    for language, block in blocks:
        if language == "text":
            printed = again_until_shown(shell, *ran, printed=printed, expected=block)
            assert shows(printed, block), f"{heading}\n{ran[1]}\n{printed}\nis not\n{block}"
        else:
            ran = (language, block)
            printed = shell.run(*ran)


def test_the_page_says_something_of_every_heading_that_is_checked() -> None:
    assert SO.keys() <= {heading for heading, _ in sections(PAGE.read_text())}


def sections(page: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Headings with their fenced blocks: language and text."""
    outside = re.sub(r"```.*?```", lambda m: m[0].replace("\n#", "\n\0"), page, flags=re.DOTALL)
    for section in re.split(r"^##? ", outside, flags=re.MULTILINE)[1:]:
        heading, _, text = section.replace("\n\0", "\n#").partition("\n")
        yield heading, re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL)


def again_until_shown(
    shell: Shell, language: str, block: str, *, printed: str, expected: str
) -> str:
    """What a block that only reads prints in the end: the operator looks every two seconds."""
    only_reads = all(
        line.startswith(("kubectl get", "kubectl desc")) for line in block.splitlines()
    )
    deadline = time.monotonic() + PATIENCE_S
    while only_reads and not shows(printed, expected) and time.monotonic() < deadline:
        time.sleep(0.3)
        printed = shell.run(language, block)
    return printed


def shows(printed: str, expected: str) -> bool:
    """Whether all expected lines are among the printed ones.

    Ages and numbers may differ, the order too (kubectl sorts Events by whole seconds), and what
    stands for left-out lines ("...").
    """
    return set(masked(expected)) - {"..."} <= set(masked(printed))


def masked(text: str) -> list[str]:
    ages = re.sub(r"\b\d+[smh](\d+s)?\b", "AGE", text)
    plain = re.sub(r"[ -]+", " ", re.sub(r"\d+", "N", ages))
    return [line.strip() for line in plain.splitlines()]


async def becomes_true(database: asyncpg.Pool, question: str) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not await database.fetchval(question):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)  # noqa: ASYNC251 - nothing else runs here
    return True

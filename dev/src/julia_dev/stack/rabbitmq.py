"""A private RabbitMQ node with a port mapper (epmd) of its own."""

import re
import secrets
import shutil
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path

from julia_dev.stack.errors import StackError
from julia_dev.stack.privileges import give, own
from julia_dev.stack.probes import http, tcp
from julia_dev.stack.program import Program

_USER = "rabbitmq"
# Debian's /usr/sbin/rabbitmq-server is a wrapper that insists on the system-wide node's folders.
_SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


@dataclass(frozen=True)
class RabbitMQ:
    """Where the node lives and how it is reached."""

    folder: Path
    _: KW_ONLY
    port: int
    management_port: int
    dist_port: int
    epmd_port: int
    password: str = field(repr=False)

    def url(self, vhost: str = "%2F") -> str:
        """Return the AMQP URL of a vhost (percent-encoded name)."""
        return f"amqp://julia:{self.password}@127.0.0.1:{self.port}/{vhost}"

    def management_url(self) -> str:
        """Return the base URL of the management API, with its user and password."""
        return f"http://julia:{self.password}@127.0.0.1:{self.management_port}"

    def prepare(self) -> None:
        """Write the node's configuration.

        Raises:
            StackError: RabbitMQ is not installed.
        """
        if not _SERVER.exists():
            raise StackError(
                f"RabbitMQ is not installed ({_SERVER} is missing); "
                "`dev/bootstrap` as root installs it, or: apt-get install rabbitmq-server"
            )
        own(self.folder, _USER)
        if not (self.folder / ".erlang.cookie").exists():
            self._write(".erlang.cookie", secrets.token_hex(16))
        self._write("enabled_plugins", "[rabbitmq_management].\n")
        self._write("advanced.config", "[].\n")
        self._write("rabbitmq-env.conf", "")
        self._write(
            "rabbitmq.conf",
            f"""\
listeners.tcp.default = 127.0.0.1:{self.port}
management.tcp.ip = 127.0.0.1
management.tcp.port = {self.management_port}
default_user = julia
default_pass = {self.password}
log.console = true
log.console.level = warning
log.file = false
""",
        )

    def epmd(self) -> Program:
        """Return the port mapper; without one of ours the node would leave a daemon behind."""
        epmd = shutil.which("epmd")
        if epmd is None:
            raise StackError("epmd (of Erlang) is missing; apt-get install rabbitmq-server")
        return Program(
            name="epmd",
            argv=(epmd, "-port", str(self.epmd_port), "-address", "127.0.0.1"),
            probe=tcp(self.epmd_port),
            folder=self.folder,
            user=_USER,
            tells=re.compile(r"\[(error|critical)\]|BOOT FAILED"),
        )

    def program(self) -> Program:
        """Return the node's process; `epmd` must be running."""
        at = self.folder
        return Program(
            name="rabbitmq",
            argv=(str(_SERVER),),
            probe=http(self.management_port, "/"),
            folder=at,
            user=_USER,
            tells=re.compile(r"\[(error|critical)\]|BOOT FAILED"),
            ready_timeout_s=120.0,
            stop_timeout_s=30.0,
            env={
                "HOME": str(at),
                "RABBITMQ_NODENAME": "julia@localhost",
                "RABBITMQ_NODE_PORT": str(self.port),
                "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
                "RABBITMQ_DIST_PORT": str(self.dist_port),
                "ERL_EPMD_PORT": str(self.epmd_port),
                "ERL_EPMD_ADDRESS": "127.0.0.1",
                "RABBITMQ_CONF_ENV_FILE": str(at / "rabbitmq-env.conf"),
                "RABBITMQ_CONFIG_FILE": str(at / "rabbitmq.conf"),
                "RABBITMQ_ADVANCED_CONFIG_FILE": str(at / "advanced.config"),
                "RABBITMQ_ENABLED_PLUGINS_FILE": str(at / "enabled_plugins"),
                "RABBITMQ_MNESIA_BASE": str(at / "mnesia"),
                "RABBITMQ_LOG_BASE": str(at / "log"),
                "RABBITMQ_GENERATED_CONFIG_DIR": str(at / "config"),
                "RABBITMQ_SCHEMA_DIR": str(at / "schema"),
                "RABBITMQ_FEATURE_FLAGS_FILE": str(at / "feature_flags"),
                "RABBITMQ_PID_FILE": str(at / "node.pid"),
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                    # Idle schedulers sleep instead of spinning: others need the cores.
                    "+sbwt none +sbwtdcpu none +sbwtdio none "
                    # An Erlang term: only this machine may reach the distribution port.
                    "-kernel inet_dist_use_interface {127,0,0,1}"
                ),
                # The start script replaces itself by the Erlang machine instead of watching it,
                # so that signals reach the node.
                "RUNNING_UNDER_SYSTEMD": "true",
            },
        )

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text)
        give(path, _USER)

"""`tests/cluster/cluster`: build, images, up, load, keda, down.

build          install Debian's packages and compile Kubernetes; minutes, once
images         make the base images of Debian 13 and Python 3.13 with buildah, where missing
up             start it (again); prints the environment that reaches it, for `eval`
load IMAGE...  hand images that buildah built to the node
keda           compile KEDA (minutes, once) and install it in the running cluster
down           end it and remove its state; programs and images stay
"""

import argparse
import sys

from julia_dev.cluster import cluster, images, keda, programs
from julia_dev.cluster.home import Home
from julia_dev.stack.errors import StackError


def main() -> int:
    """Do what was asked; return the process's exit code."""
    arguments = _arguments()
    home = Home.of_user()
    try:
        with cluster.held(home):
            _do(home, arguments.action, arguments.images)
    except StackError as error:
        print(f"\ncluster: {error}", file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests/cluster/cluster",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("action", choices=("build", "images", "up", "load", "keda", "down"))
    parser.add_argument("images", nargs="*", metavar="IMAGE")
    arguments = parser.parse_args()
    if bool(arguments.images) != (arguments.action == "load"):
        parser.error("`load` takes images, and nothing else does")
    return arguments


def _do(home: Home, action: str, names: list[str]) -> None:
    match action:
        case "build":
            programs.install_packages()
            programs.compile_cluster()
        case "images":
            images.make_bases()
        case "up":
            cluster.up(home)
            print(programs.environment(home))
        case "load":
            for image in images.load(home, names):
                cluster.say(f"loaded {image}")
        case "keda":
            keda.install(home)
        case "down":
            cluster.down(home)


if __name__ == "__main__":
    sys.exit(main())

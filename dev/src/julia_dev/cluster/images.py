"""Images: the base images that a machine without a registry needs, and handing images to the node.

They are kept in buildah's storage, which is the only cache.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from julia_dev.cluster.command import run
from julia_dev.cluster.home import Home
from julia_dev.cluster.node import ctr
from julia_dev.kube.binaries import home as binaries
from julia_dev.stack.errors import StackError

DEBIAN = "localhost/debian:trixie-slim"
PYTHON = "localhost/python:3.13-slim"
PAUSE = "localhost/pause:1"
COREDNS = "localhost/coredns:1"
METRICS_SERVER = "localhost/metrics-server:1"
NODE_IMAGES = (PAUSE, COREDNS, METRICS_SERVER)

_BUILD_TIMEOUT_S = 900.0
_LOAD_TIMEOUT_S = 600.0
# What a slim image does not keep; who installs more fetches the lists anew.
_WASTE = (
    "var/cache/apt",
    "var/lib/apt/lists",
    "var/cache/debconf",
    "usr/share/doc",
    "usr/share/man",
)
_DEBIAN = """\
FROM scratch
ADD root /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["bash"]
"""
_PYTHON = """\
FROM localhost/debian:trixie-slim
ARG DEBIAN_FRONTEND=noninteractive
RUN apt-get update -qq \\
 && apt-get install -y -qq --no-install-recommends python3.13 python3.13-venv \\
 && rm -rf /var/cache/apt/* /var/lib/apt/lists/* /usr/share/doc/* \\
 && ln -s /usr/bin/python3.13 /usr/local/bin/python \\
 && ln -s /usr/bin/python3.13 /usr/local/bin/python3
CMD ["python3"]
"""
_STATIC = """\
FROM scratch
COPY {program} /{program}
USER 65534:65534
ENTRYPOINT ["/{program}"]
"""


def make_bases() -> None:
    """Make Debian 13 and its Python 3.13 where they are missing."""
    if not _known(DEBIAN):
        _debian()
    if not _known(PYTHON):
        build_from(PYTHON, _PYTHON)


def make_node_images() -> None:
    """Make the images that the cluster itself runs, from the programs that were compiled."""
    for image in NODE_IMAGES:
        program = image.removeprefix("localhost/").partition(":")[0]
        build_from(image, _STATIC.format(program=program), binaries() / program)


def build_from(image: str, recipe: str, *files: Path) -> None:
    """Build an image of these files by the text of a Dockerfile."""
    with tempfile.TemporaryDirectory(prefix="julia-image-") as folder:
        for file in files:
            shutil.copy2(file, folder)
        _build(image, recipe, Path(folder))


def load(home: Home, images: Iterable[str]) -> list[str]:
    """Hand images of buildah's storage to the node; return those it did not have as they are.

    Raises:
        StackError: buildah has no image of that name.
    """
    loaded = json.loads(_record(home).read_text()) if _record(home).exists() else {}
    wanted = {image: _identity(image) for image in images}
    missing = [image for image, identity in wanted.items() if not identity]
    if missing:
        raise StackError(f"buildah has no image {', '.join(missing)}; dev/images/build makes ours")
    new = [image for image, identity in wanted.items() if loaded.get(image) != identity]
    if new:
        with tempfile.TemporaryDirectory(prefix="julia-images-", dir=home.folder) as folder:
            # One layout for all of them: the layers they share are written and read once, and
            # compressing them would take longer than everything else here.
            layout = Path(folder) / "layout"
            for image in new:
                _buildah("push", "--quiet", "--disable-compression", image, f"oci:{layout}:{image}")
            archive = Path(folder) / "images.tar"
            run("tar", "--create", "--file", archive, "--directory", layout, ".")
            ctr(home, "images", "import", archive, timeout_s=_LOAD_TIMEOUT_S)
        _record(home).write_text(json.dumps(loaded | wanted))
    return new


def _debian() -> None:
    with tempfile.TemporaryDirectory(prefix="julia-image-") as folder:
        root = Path(folder) / "root"
        run(
            *("debootstrap", "--variant=minbase", "--include=ca-certificates", "trixie", root),
            _mirror(),
            timeout_s=_BUILD_TIMEOUT_S,
        )
        for waste in _WASTE:
            for path in (root / waste).iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        _build(DEBIAN, _DEBIAN, Path(folder))


def _mirror() -> str:
    """Where this machine itself gets Debian's packages from."""
    for target in run(
        "apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)"
    ).splitlines():
        codename, _, address = target.partition(" ")
        # Not `bookworm-security` or `-updates`, which hold a part of the packages.
        if "-" not in codename:
            return address
    raise StackError("apt has no source of packages; without one there is no Debian to build on")


def _build(image: str, recipe: str, context: Path) -> None:
    options = ("--quiet", "--layers", f"--tag={image}", "--file=-")
    _buildah("build", *options, context, stdin=recipe, timeout_s=_BUILD_TIMEOUT_S)


def _known(image: str) -> bool:
    return bool(_identity(image))


def _identity(image: str) -> str:
    """What the image is, whatever its name; nothing when there is none of this name."""
    listed = _buildah("images", "--no-trunc", "--quiet", "--filter", f"reference={image}")
    return listed.strip().partition("\n")[0].removeprefix("sha256:")


def _record(home: Home) -> Path:
    return home.run / "images.json"


def _buildah(*arguments: str | Path, stdin: str = "", timeout_s: float = _LOAD_TIMEOUT_S) -> str:
    # Isolated by a chroot: runc's own isolation wants rights that a container does not have.
    environment = {**os.environ, "BUILDAH_ISOLATION": "chroot"}
    return run("buildah", *arguments, stdin=stdin, timeout_s=timeout_s, env=environment)

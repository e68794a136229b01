"""Chart, skaffold, Compose and dev/images/build mean the same images."""

import re
import subprocess
import tomllib

import pytest
import yaml

from julia_dev import paths

pytestmark = pytest.mark.unit

NEEDS_KUBERNETES = {"julia-operator"}


def _read(name: str) -> dict:
    return yaml.safe_load((paths.ROOT / name).read_text())


def _values_with_images() -> dict[str, str]:
    """Key in the chart's values -> repository, of the images that this repository builds."""
    values = _read("charts/julia/values.yaml")
    return {
        key: value["image"]["repository"]
        for key, value in values.items()
        if isinstance(value, dict)
        and str(value.get("image", {}).get("repository", "")).startswith("julia-")
    }


def _built() -> dict[str, dict]:
    """Image -> what dev/images/build gives Docker as `target` and `args`."""
    script = """
        . dev/images/common.sh
        for name in "${every_image[@]}"; do echo "$name=${service[$name]:-}"; done
    """
    said = subprocess.run(
        ["/bin/bash", "-euc", script], cwd=paths.ROOT, capture_output=True, text=True, check=True
    )
    services = dict(line.split("=") for line in said.stdout.split())
    return {
        name: {"target": "service", "args": {"SERVICE": service}} if service else {}
        for name, service in services.items()
    } | {"julia-migrations": {"target": "migrations", "args": {}}}


def _composed() -> dict[str, dict]:
    composed = _read("compose.yaml")["services"].values()
    return {each["image"]: each["build"] for each in composed if "build" in each}


def test_every_service_and_the_migrations_have_an_image_in_the_chart() -> None:
    in_images = {each["args"].get("SERVICE") for each in _built().values() if each} - {None}

    assert in_images == {path.parent.name for path in paths.ROOT.glob("services/*/pyproject.toml")}
    assert set(_values_with_images().values()) == {name for name, how in _built().items() if how}


def test_skaffold_builds_the_charts_images_as_they_are_built_here_and_hands_them_to_the_chart() -> (
    None
):
    skaffold = _read("skaffold.yaml")
    artifacts = {each["image"]: each["docker"] for each in skaffold["build"]["artifacts"]}
    (release,) = skaffold["deploy"]["helm"]["releases"]

    assert artifacts.keys() == set(_values_with_images().values())
    for name, docker in artifacts.items():
        assert docker["target"] == _built()[name]["target"]
        assert docker.get("buildArgs", {}) == _built()[name]["args"]
    assert release["setValueTemplates"] == {
        f"{key}.image.{part}": "{{.IMAGE_%s_%s}}" % (variable, name.replace("-", "_"))  # noqa: UP031
        for key, name in _values_with_images().items()
        for part, variable in (("repository", "REPO"), ("tag", "TAG"))
    }


def test_compose_builds_the_same_images_but_what_needs_kubernetes() -> None:
    composed = _composed()

    assert composed.keys() == set(_values_with_images().values()) - NEEDS_KUBERNETES
    for name, build in composed.items():
        assert build["target"] == _built()[name]["target"]
        assert build.get("args", {}) == _built()[name]["args"]


def test_compose_has_a_port_for_each_replica_that_the_api_may_have() -> None:
    scaling = (paths.ROOT / "charts/julia/templates/_autoscaling.tpl").read_text()
    (most,) = re.findall(r'"ingest" (\d+)', scaling)
    (port,) = _read("compose.yaml")["services"]["julia-api"]["ports"]
    (first, last) = re.search(r"JULIA_PORT_INGEST:-(\d+)-(\d+)}:8000$", port).groups()

    assert int(last) - int(first) + 1 == int(most)


def test_images_run_as_the_user_that_the_chart_gives_them() -> None:
    dockerfile = (paths.ROOT / "Dockerfile").read_text()
    helpers = (paths.ROOT / "charts/julia/templates/_helpers.tpl").read_text()
    (user,) = set(re.findall(r"runAsUser: \{\{ \.user \| default (\d+) \}\}", helpers))

    assert set(re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE)) == {f"{user}:{user}"}


def test_nothing_that_installs_is_below_an_image_that_runs() -> None:
    dockerfile = (paths.ROOT / "Dockerfile").read_text()
    base_of = {
        stage: base
        for base, stage in re.findall(r"^FROM (\S+) AS (\S+)$", dockerfile, re.MULTILINE)
    }

    for target in ("service", "simulator"):
        below = [target]
        while below[-1] in base_of:
            below.append(base_of[below[-1]])
        assert below == [target, "runtime", "base", "${PYTHON}"]


def test_what_the_simulators_need_is_in_the_services_lock_or_installed_with_them() -> None:
    simulators = tomllib.loads((paths.ROOT / "simulators/pyproject.toml").read_text())
    needed = {re.split(r"[<>=\[]", each)[0] for each in simulators["project"]["dependencies"]}
    locked = re.findall(
        r"^([\w-]+)(?:\[.*\])?==", (paths.ROOT / "requirements.lock").read_text(), re.MULTILINE
    )
    dockerfile = (paths.ROOT / "Dockerfile").read_text()
    (beside,) = re.findall(
        r"--constraint requirements-dev\.lock (.*) simulators/$",
        dockerfile,
        re.MULTILINE,
    )

    assert needed - set(locked) - {"julia-common"} == set(beside.split())


@pytest.mark.parametrize("name", ["Dockerfile", "dev/images/Dockerfile"])
def test_what_an_image_takes_from_a_checkout_can_be_run_by_its_user_whatever_the_umask_was(
    name: str,
) -> None:
    stages = re.split(r"^FROM ", (paths.ROOT / name).read_text(), flags=re.MULTILINE)[1:]
    # What a stage named `build...` copies is installed anew, with modes of its own.
    kept = [stage for stage in stages if not re.search(r" AS build\S*\n", stage)]
    copied = [line for stage in kept for line in re.findall(r"^COPY .*$", stage, re.MULTILINE)]

    assert copied
    assert [line for line in copied if not re.match(r"COPY --(chmod=755|from=)", line)] == []


def test_compose_names_what_the_runbook_calls_by_name() -> None:
    """`docker exec redis`, `docker cp evolution-api:…`, `docker network inspect julia-network`."""
    composed = _read("compose.yaml")
    names = {name: each.get("container_name") for name, each in composed["services"].items()}

    assert {name for name in names.values() if name} == {"redis", "evolution-api"}
    assert all(name in (None, service) for service, name in names.items())
    assert composed["networks"] == {"default": {"name": "julia-network"}}

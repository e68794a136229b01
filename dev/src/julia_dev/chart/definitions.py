"""The definitions of all resources that the chart may render, as their makers publish them.

Go modules hold them, so versions are exact and their contents verified by Go's checksum database.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from julia_dev.chart.programs import go, run

_KUBERNETES = "k8s.io/kubernetes@v1.34.4"


class _Loader(yaml.CSafeLoader):
    """Reads a bare `=`, which the operators of PodMonitors have, as text."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda _, node: node.value)


@dataclass(frozen=True)
class _Source:
    """Files with CustomResourceDefinitions in one Go module."""

    module: str
    files: str


_SOURCES = (
    _Source("sigs.k8s.io/gateway-api@v1.4.0", "config/crd/standard/*.yaml"),
    _Source("github.com/cert-manager/cert-manager@v1.20.0", "deploy/crds/*.yaml"),
    _Source("github.com/envoyproxy/gateway@v1.5.0", "charts/gateway-helm/crds/generated/*.yaml"),
    _Source("github.com/external-secrets/external-secrets@v0.20.4", "config/crds/bases/*.yaml"),
    _Source("github.com/kedacore/keda/v2@v2.21.0", "config/crd/bases/*.yaml"),
    _Source(
        "github.com/prometheus-operator/prometheus-operator@v0.85.0",
        "example/prometheus-operator-crd/*.yaml",
    ),
    _Source("github.com/rabbitmq/cluster-operator/v2@v2.16.0", "config/crd/bases/*.yaml"),
    _Source(
        "github.com/traefik/traefik/v3@v3.7.13",
        "docs/content/reference/dynamic-configuration/traefik.io_*.yaml",
    ),
)


def openapi() -> dict[str, Any]:
    """Return what Kubernetes 1.34 says of its own resources (Swagger 2.0)."""
    text = (_folder(_KUBERNETES) / "api" / "openapi-spec" / "swagger.json").read_text()
    document: dict[str, Any] = json.loads(text)
    return document


def custom_resources(manifests: str) -> list[dict[str, Any]]:
    """Return the neighbours' CustomResourceDefinitions whose kinds these manifests have."""
    kinds = set(re.findall(r"^kind: (\w+)$", manifests, re.MULTILINE))
    return [crd for source in _SOURCES for crd in _read(source, kinds)]


def _read(source: _Source, kinds: set[str]) -> Iterator[dict[str, Any]]:
    for path in sorted(_folder(source.module).glob(source.files)):
        text = path.read_text()
        # Reading them takes seconds each, and few are used.
        if kinds.isdisjoint(re.findall(r"^    kind: (\w+)$", text, re.MULTILINE)):
            continue
        for document in yaml.load_all(text, _Loader):
            if document and document["kind"] == "CustomResourceDefinition":
                yield document


def _folder(module: str) -> Path:
    return Path(json.loads(run(go(), "mod", "download", "-json", module))["Dir"])

"""What the services use of the cluster, as their processes and the kubelet say.

The labels `pod` and `container` of the processes' series come from the PodMonitor. The kubelet's
(`container_*`, cAdvisor) are read by every Prometheus that watches a cluster.
"""

from typing import Final

from julia_dev.dashboards.model import (
    BLUE,
    GREEN,
    RED,
    YELLOW,
    Dashboard,
    Kind,
    Panel,
    Query,
    Row,
    Step,
    Variable,
    Word,
)
from julia_dev.dashboards.promql import NS, RATE, WHOLE, series

_POD: Final = 'pod=~"$pod"'

_PODS: Final = (
    Panel(
        title="Pods que respondem, por serviço",
        about="Pods de que o Prometheus lê métricas. Menos que as réplicas: algum não sobe.",
        queries=(Query(f"sum by (container) ({series('up', 'job="julia"')})", "{{container}}"),),
        kind=Kind.BARS,
        color=RED,
        steps=(Step(1, GREEN),),
        alerts=("JuliaTargetAbsent",),
    ),
    Panel(
        title="Alcançáveis",
        about="Se o Prometheus alcança cada pod.",
        queries=(Query(f"max by (pod) ({series('up', _POD)})", "{{pod}}"),),
        kind=Kind.STATES,
        words=(Word(0, "não", RED), Word(1, "sim", GREEN)),
        alerts=("JuliaTargetAbsent",),
    ),
    Panel(
        title="Versões no ar",
        about="Mais de uma versão de um serviço: uma implantação está em curso, ou parou.",
        queries=(Query(f"count by (service, version) (julia_build_info{{{NS}}})"),),
        kind=Kind.TABLE,
    ),
    Panel(
        title="Inícios de processos no período",
        about="Cada início além do de uma implantação é um reinício: `kubectl describe pod` diz por"
        " quê (OOMKilled, Error).",
        queries=(
            Query(
                "sum by (container)"
                f" (changes({series('process_start_time_seconds', _POD)}[{WHOLE}]))",
                "{{container}}",
            ),
        ),
        kind=Kind.BARS,
        decimals=0,
        steps=(Step(1, YELLOW), Step(3, RED)),
        width=12,
        alerts=("JuliaPodRestarting",),
    ),
    Panel(
        title="Tempo desde o início",
        about="Idade de cada processo.",
        queries=(
            Query(
                f"time() - max by (pod) ({series('process_start_time_seconds', _POD)})", "{{pod}}"
            ),
        ),
        kind=Kind.BARS,
        unit="s",
        color=BLUE,
        width=12,
    ),
)

_USED: Final = (
    Panel(
        title="CPU por pod",
        about="Núcleos usados pelo processo.",
        queries=(
            Query(
                f"sum by (pod) (rate({series('process_cpu_seconds_total', _POD)}[{RATE}]))",
                "{{pod}}",
            ),
        ),
        width=12,
    ),
    Panel(
        title="Memória por pod",
        about="Memória residente do processo. Perto do limite do pod, o Kubernetes o mata"
        " (OOMKilled).",
        queries=(
            Query(f"max by (pod) ({series('process_resident_memory_bytes', _POD)})", "{{pod}}"),
        ),
        unit="bytes",
        width=12,
        alerts=("JuliaPodOutOfMemory",),
    ),
    Panel(
        title="Arquivos e conexões abertos",
        about="Descritores abertos sobre o máximo do processo.",
        queries=(
            Query(
                f"max by (pod) ({series('process_open_fds', _POD)}"
                f" / {series('process_max_fds', _POD)})",
                "{{pod}}",
            ),
        ),
        unit="percentunit",
        steps=(Step(0.8, RED),),
        width=12,
    ),
    Panel(
        title="Coletas de lixo do Python por segundo",
        about="Coletas da geração mais velha, as que custam: muitas dizem que a memória está"
        " apertada.",
        queries=(
            Query(
                "sum by (pod) (rate("
                + series("python_gc_collections_total", f'{_POD}, generation="2"')
                + f"[{RATE}]))",
                "{{pod}}",
            ),
        ),
        width=12,
    ),
)

_LIMITS: Final = (
    Panel(
        title="Memória sobre o limite",
        about="O que o pod usa do seu limite de memória; em 100 % o kernel o encerra.",
        queries=(
            Query(
                f"max by (pod) ({series('container_memory_working_set_bytes', _POD)})"
                f" / (max by (pod) ({series('container_spec_memory_limit_bytes', _POD)}) > 0)",
                "{{pod}}",
            ),
        ),
        unit="percentunit",
        steps=(Step(0.9, RED),),
        width=12,
        alerts=("JuliaPodOutOfMemory",),
    ),
    Panel(
        title="CPU dos pods, pelo kubelet",
        about="Núcleos usados por todos os contêineres do pod.",
        queries=(
            Query(
                "max by (pod) (rate("
                + series("container_cpu_usage_seconds_total", _POD)
                + f"[{RATE}]))",
                "{{pod}}",
            ),
        ),
        width=12,
    ),
    Panel(
        title="CPU contida",
        about="Parte dos períodos em que o pod chegou ao limite de CPU e teve de esperar: vira"
        " tempo de resposta.",
        queries=(
            Query(
                "sum by (pod) (increase("
                + series("container_cpu_cfs_throttled_periods_total", _POD)
                + f"[{RATE}])) / (sum by (pod) (increase("
                + series("container_cpu_cfs_periods_total", _POD)
                + f"[{RATE}])) > 0)",
                "{{pod}}",
            ),
        ),
        unit="percentunit",
        steps=(Step(0.25, YELLOW),),
        width=12,
        alerts=("JuliaLatencyHigh",),
    ),
    Panel(
        title="Mortes por falta de memória no período",
        about="Vezes em que o kernel encerrou um processo do pod.",
        queries=(
            Query(
                "sum by (pod) (increase("
                + series("container_oom_events_total", _POD)
                + f"[{WHOLE}]))",
                "{{pod}}",
            ),
        ),
        kind=Kind.BARS,
        decimals=0,
        steps=(Step(1, RED),),
        width=12,
        alerts=("JuliaPodOutOfMemory",),
    ),
)

PAGE: Final = Dashboard(
    uid="julia-kubernetes",
    title="Júlia: recursos no Kubernetes",
    about="Pods, versões, reinícios, CPU e memória.",
    rows=(Row("Pods", _PODS), Row("Processos", _USED), Row("Contêineres (kubelet)", _LIMITS)),
    variables=(Variable("pod", "Pod", "label_values(process_start_time_seconds, pod)"),),
)

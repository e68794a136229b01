# Read by dev/images/build and dev/images/check: the images' names, and what builds and runs them.
# shellcheck shell=bash disable=SC2034 # others use these

# What the chart runs, and the service in it.
declare -A service=(
  [julia-api]=ingest
  [julia-brain]=brain
  [julia-dispatcher]=dispatcher
  [julia-scheduler]=scheduler
  [julia-operator]=operator
)
# What only tests and local use run, by its target in dev/images/Dockerfile.
declare -A neighbour=(
  [julia-postgres]=postgres
  [julia-redis]=redis
  [julia-rabbitmq]=rabbitmq
  [julia-rclone]=rclone
  [julia-evolution]=evolution
)
# In the order in which they need each other.
every_image=(julia-api julia-brain julia-dispatcher julia-scheduler julia-operator julia-simulators
  julia-postgres julia-migrations julia-redis julia-rabbitmq julia-rclone julia-evolution)

# Plain processes here, not a container engine: what a build runs gets a folder of its own and no more.
export BUILDAH_ISOLATION=${BUILDAH_ISOLATION:-chroot}

# Sets `builder`: JULIA_BUILDER, or buildah, or Docker, whichever works.
choose_builder() {
  builder=${JULIA_BUILDER:-}
  if [[ -z $builder ]]; then
    if command -v buildah >/dev/null; then
      builder=buildah
    elif docker info >/dev/null 2>&1; then
      builder=docker
    else
      echo "${0##*/}: needs buildah (apt-get install buildah) or a running Docker engine" >&2
      exit 1
    fi
  fi
}

# Sets `tag` and `names` from the command line: [--tag T] [NAME...]; no name means every image.
read_arguments() {
  tag=dev
  if [[ ${1:-} == --tag && $# -ge 2 ]]; then
    tag=$2
    shift 2
  fi
  names=("$@")
  ((${#names[@]})) || names=("${every_image[@]}")
  local name
  for name in "${names[@]}"; do
    [[ " ${every_image[*]} " == *" $name "* ]] || {
      echo "${0##*/}: there is no image '$name'; there are: ${every_image[*]}" >&2
      exit 2
    }
  done
}

size_of() { "$builder" images --format '{{.Size}}' "$1" | head -n 1; }

# One image definition for every service: docker build --target service --build-arg SERVICE=brain .
# Target `simulator` holds the simulators instead (local use only), `migrations` the database's.
# dev/images/build builds all of them, with Docker or buildah.
#
# A place with package registries of its own gives, as build secrets, what its programs need to know:
# `pip.conf`, `uv.toml`, and `certificates`, a bundle that vouches for them. None of it stays.

ARG PYTHON=python:3.13-slim
ARG POSTGRES=postgres:17-alpine

FROM ${PYTHON} AS base
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1


# What installs. Of it reach the images below only /opt/venv, which all services share, and
# /opt/julia, one service's own packages.
FROM base AS build
ENV UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy
WORKDIR /build
COPY dev/uv.txt ./
RUN --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
 && python -m venv uv \
 && uv/bin/pip install --no-cache-dir --require-hashes --requirement uv.txt
ENV PATH=/build/uv/bin:$PATH
COPY requirements.lock ./
RUN --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=uv.toml,target=/etc/uv/uv.toml \
    export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
 && uv venv --python /usr/local/bin/python /opt/venv \
 && uv pip install --python /opt/venv --require-hashes --requirement requirements.lock
# Hatchling, which builds our own packages, is pinned in the development lock.
COPY requirements-dev.lock ./
RUN --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=uv.toml,target=/etc/uv/uv.toml \
    export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
 && uv venv --python /usr/local/bin/python hatchling \
 && uv pip install --python hatchling --constraint requirements-dev.lock hatchling
COPY libs/common libs/common
RUN uv pip install --python hatchling --offline --no-build-isolation --no-deps --target /opt/julia \
    libs/common/


FROM build AS build-service
ARG SERVICE=ingest
COPY services/${SERVICE} services/${SERVICE}
RUN uv pip install --python hatchling --offline --no-build-isolation --no-deps --target /opt/julia \
    services/${SERVICE}/


# asyncpg is the one dependency of the simulators that no service has.
FROM build AS build-simulator
COPY simulators simulators
RUN --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=uv.toml,target=/etc/uv/uv.toml \
    export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
 && uv pip install --python hatchling --no-build-isolation --no-deps --target /opt/julia \
    --constraint requirements-dev.lock asyncpg simulators/


# What runs: an interpreter without installers, the dependencies, a user without rights or home.
FROM base AS runtime
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin julia \
 && find / -xdev \( -name pip -o -name 'pip[0-9]*' -o -name 'pip-*' -o -name ensurepip \) \
    -prune -exec rm -rf {} +
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/opt/julia HOST=0.0.0.0
WORKDIR /
USER 10001:10001


FROM runtime AS simulator
COPY --from=build-simulator /opt/julia /opt/julia
CMD ["python", "-c", "raise SystemExit('say which: python -m julia_simulators.evolution')"]


# psql and the migrations: what the chart runs before each install and upgrade.
FROM ${POSTGRES} AS migrations
COPY --chmod=755 supabase /supabase
USER 10001:10001
ENTRYPOINT []
CMD ["/supabase/apply.sh"]


FROM runtime AS service
ARG SERVICE=ingest
COPY --from=build-service /opt/julia /opt/julia
ENV SERVICE=${SERVICE} PORT=8000
EXPOSE 8000
# The shell replaces itself, so that the service gets the signals.
CMD ["sh", "-c", "exec python -m julia_${SERVICE}"]

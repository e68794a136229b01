# One image definition for every service: docker build --build-arg SERVICE=brain .
# Target `simulator` holds the simulators instead (local use only), `migrations` the database's.

ARG PYTHON=python:3.13-slim
ARG POSTGRES=postgres:17-alpine

FROM ${PYTHON} AS base
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1


# What installs; nothing of it reaches the images below but /opt/venv.
FROM base AS build
ENV UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
COPY dev/uv.txt /build/
RUN pip install --no-cache-dir --require-hashes --requirement /build/uv.txt \
 && uv venv /opt/venv
ENV VIRTUAL_ENV=/opt/venv
WORKDIR /build
COPY requirements.lock requirements-dev.lock ./
RUN uv pip install --require-hashes --requirement requirements.lock
COPY libs/common libs/common
# Hatchling, which builds our own packages, is pinned in the development lock.
RUN uv pip install --no-deps --build-constraint requirements-dev.lock libs/common/


FROM build AS build-service
ARG SERVICE=ingest
COPY services/${SERVICE} services/${SERVICE}
RUN uv pip install --no-deps --build-constraint requirements-dev.lock services/${SERVICE}/


FROM build AS build-simulator
COPY simulators simulators
RUN uv pip install --constraint requirements-dev.lock --build-constraint requirements-dev.lock \
    simulators/


# What runs: an interpreter, the virtual environment, a user without rights or home.
FROM base AS runtime
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin julia
ENV PATH=/opt/venv/bin:$PATH HOST=0.0.0.0
WORKDIR /
USER 10001:10001


FROM runtime AS simulator
COPY --from=build-simulator /opt/venv /opt/venv
CMD ["python", "-c", "raise SystemExit('say which: python -m julia_simulators.evolution')"]


# psql and the migrations: what the chart runs before each install and upgrade.
FROM ${POSTGRES} AS migrations
COPY supabase /supabase
USER 10001:10001
ENTRYPOINT []
CMD ["/supabase/apply.sh"]


FROM runtime AS service
ARG SERVICE=ingest
COPY --from=build-service /opt/venv /opt/venv
ENV SERVICE=${SERVICE} PORT=8000
EXPOSE 8000
# The shell replaces itself, so that the service gets the signals.
CMD ["sh", "-c", "exec python -m julia_${SERVICE}"]

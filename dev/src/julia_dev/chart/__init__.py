"""Judging the Helm chart: `python -m julia_dev.chart`, which is `make chart`."""

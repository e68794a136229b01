"""The Grafana dashboards of the chart: what they show, and the JSON made of it."""

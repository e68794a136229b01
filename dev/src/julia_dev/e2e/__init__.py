"""`make e2e`: the chart installed on a real cluster, upgraded, broken and paused under load."""

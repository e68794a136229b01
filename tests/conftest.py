"""What all tests share."""

pytest_plugins = ["julia_dev.pytest_plugin"]

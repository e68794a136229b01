"""What is done once per scheduled time, over any number of replicas and restarts."""

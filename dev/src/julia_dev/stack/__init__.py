"""The local stack: real servers, the services and the simulators under one supervisor."""

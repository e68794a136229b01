"""RabbitMQ: topology, publishing with confirms, consuming with retries, quarantine.

Services use `open_messaging`; the other modules are its parts.
"""

from julia_common.messaging.consumer import Consumer
from julia_common.messaging.delivery import RetryPolicy
from julia_common.messaging.messaging import Messaging, open_messaging
from julia_common.messaging.publisher import Publisher

__all__ = ["Consumer", "Messaging", "Publisher", "RetryPolicy", "open_messaging"]

"""A simulator of Chatwoot's API and webhooks (4.x), with a page on which to play the coordinator.

Requests are held against `schema.py`, which is made from the facts of the real one. Every response
says what it is with the header `x-julia-simulator: chatwoot`.
"""

"""A simulator of Slack's incoming webhooks, with a page that shows the channel.

What it refuses, and in which words, is recorded in `tests/contract/slack/recorded.py`. Every
response says what it is with the header `x-julia-simulator: slack`.
"""

"""A simulator of the Anthropic Messages API, as the SDK `anthropic` 2.12 speaks it.

It answers by rules, not by a model, and never pretends otherwise: every response carries the
header `x-julia-simulator: anthropic`. Its control API lives under `/_sim/` (see `control`).
"""

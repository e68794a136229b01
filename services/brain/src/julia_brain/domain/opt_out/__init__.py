"""Requests to be left alone, and the requests that only look like one.

An opt-out takes effect at once and silences Júlia for a doctor who may live from shifts, so each
reading has to be sure in both directions: a rule names who shall stop what, and what stands around
the words may limit them ("vaga de UTI", "de madrugada"), turn them round ("não me tira da lista"),
make them somebody else's, a condition or a question. What is limited to one shift or kind of shift
is left to the conversation, where Claude has a tool for it.

`reading` brings it together: the `rules` in their `words`, each found in its `place`, whether it is
`meant` so, what `limits` it, and what puts everything off for a `month`.
"""

from julia_brain.domain.opt_out.reading import OptOutFound, complete_opt_out_of, opt_out_of

__all__ = ["OptOutFound", "complete_opt_out_of", "opt_out_of"]

"""How doctors write on WhatsApp, brought to a form that rules can be stated in.

`canonical` reads a message, `patterns` says what to look for in it, `lexicon` knows the words.
"""

from julia_brain.domain.wording.canonical import BREAKS, SENTENCES, canonical, spelled
from julia_brain.domain.wording.lexicon import word_set
from julia_brain.domain.wording.patterns import Vocabulary

__all__ = ["BREAKS", "SENTENCES", "Vocabulary", "canonical", "spelled", "word_set"]

"""What the local stack refuses to do, told to a person."""


class StackError(Exception):
    """The stack cannot do what was asked; the message names the thing and the way out."""

"""Which warnings a drawing is to blame for."""


def warned(recwarn):
    """Not those of code to come, nor those of files and worker processes that an earlier test has left to the collector."""
    kinds = (DeprecationWarning, ResourceWarning)
    return [w for w in recwarn if not issubclass(w.category, kinds) and "loky" not in w.filename]

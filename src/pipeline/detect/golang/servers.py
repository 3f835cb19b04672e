"""Whether a program may listen at all: a worker does nowhere, and its image exposes no port."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.detect.programs import Program

# What Go's own packages are asked by: net, net/http, net/rpc, crypto/tls. C may do anything.
_LISTENS = re.compile(rb'\b\w*Listen|\bServe|\bNew\w*Server\b|"C"')

# What other modules' programs are, who may listen without a word of it.
_TAKES_OVER = re.compile(rb"\.(?:Boot|Launch|Main|Run|Spin|Start)")


def may_listen(files: Sequence[Program], *, alone: bool) -> bool:
    """Whether one of a service's programs may listen, as far as the names in them tell.

    Parameters
    ----------
    alone:
        Whether there is nothing in it but its own code and Go's.
    """
    return any(_LISTENS.search(file.content) or (not alone and _TAKES_OVER.search(file.content)) for file in files)

"""What a job needs, loaded once for all workers: the process that they are made of imports this module."""

from __future__ import annotations

import gc
from importlib import import_module

gc.disable()  # nothing of what is loaded can be thrown away again, so that the collector has nothing to look for
for name in ("compliance.batch.notebook", "compliance.batch.engine", "compliance.reporting.html"):
    import_module(name)
gc.freeze()
gc.enable()

"""Work for tests of the cluster, beside that of ``poison``: what workers can unpickle in their own processes."""

from __future__ import annotations

import os
import signal
import time

from poison import finished, kind_of, poison


def regicide(task, out=""):
    """Kill dask's worker, and with it this process, where the id begins with ``regicide``; else be ``poison``."""
    if task.site_id.startswith("regicide"):
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    return poison(task, out) if kind_of(task.site_id) else finished(task, out)


def real_on_shelf(task, settings, out):
    """Do a real site, or be poisoned; addresses of ``shelf`` are known."""
    import shelf
    from poison import real_or_poisoned

    shelf.register()
    return real_or_poisoned(task, settings, out)


def real_slowly(task, settings, out):
    """Do a real site after a moment in which it can be killed."""
    time.sleep(0.3)
    return real_on_shelf(task, settings, out)

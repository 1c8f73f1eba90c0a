"""Two batches of small streets, 500 m from each other, for the tests of comparing batches and of the workbook."""

from __future__ import annotations

import functools
import json

import numpy as np
import shapely
import site_scenes as sc

from firelane.auditing.document import document
from firelane.batch.city import write_city
from firelane.batch.model import Failure, FailureKind, Outcome, Settings, Task
from firelane.batch.shard import write_site
from firelane.run import RunResult

CRASH = Failure(FailureKind.CRASH, "进程崩溃", "process crashed")
NOT_RUN = "not run"


@functools.cache
def audit_of(number, *posts, surveyed=True, accuracy_m=0.0, name=None, clear_m=None):
    """A street of 100 x 6 m, ``number`` x 500 m in the east; posts as (x, y, id)."""

    def there(geometry):
        return shapely.transform(geometry, lambda xy: xy + sc.ORIGIN + np.array([500.0 * number, 0.0]))

    obstructions = [sc.post(x, y, id=ident) for x, y, ident in posts] if surveyed else None
    config = {"accuracy_m": accuracy_m, "district": "和平区" if number % 2 else "沈河区", "manager": f"物业 {number % 3}"}
    site = sc.site([sc.road(100.0, clear_m or 6.0)], config=config, transform=there, obstructions=obstructions, entrances=sc.gates(100.0, clear_m or 6.0))
    object.__setattr__(site, "name", name or f"街 {number}")
    return sc.audited(site)


def city(folder, sites, *, audits=False, settings=None, extras=False):
    """Write a batch.

    sites: id → an audit, a Failure, or ``NOT_RUN``; or (that, attributes of the manifest).
    """
    folder.mkdir(parents=True, exist_ok=True)
    tasks, outcomes = [], {}
    for site_id, told in sites.items():
        became, attributes = told if isinstance(told, tuple) else (told, {})
        task = Task(site_id, f"/x/{site_id}", f"in/{site_id}", attributes=attributes)
        tasks.append(task)
        if became == NOT_RUN:
            continue
        if isinstance(became, Failure):
            outcomes[site_id] = Outcome(site_id, became)
            continue
        own = folder / "sites" / task.folder
        result = RunResult(became.site, became, None, own, (own / "map.html",))
        outcomes[site_id] = Outcome(site_id, shard_sha256=write_site(folder, task, result))
        own.mkdir(parents=True, exist_ok=True)
        (own / "map.html").write_text("<html></html>", encoding="utf-8")
        if audits:
            (own / "audit.json").write_text(json.dumps(document(became)), encoding="utf-8")
    write_city(tasks, outcomes, folder, settings=settings or Settings(), extras=extras)
    return folder

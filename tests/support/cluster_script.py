"""A batch on a cluster in a process of its own, to be killed: ``python cluster_script.py SOURCE OUT ADDRESS``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

if __name__ == "__main__":
    import cluster_work

    from firelane.batch.driver import run_batch
    from firelane.batch.model import Settings

    source, out, address = sys.argv[1:]
    try:
        run_batch(
            source, out, settings=Settings(parts=("audit",), timeout_s=20), cluster=address, work=cluster_work.real_slowly,
            extras=False,
        )  # fmt: skip
    except KeyboardInterrupt:
        sys.exit(130)

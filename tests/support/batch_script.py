"""A batch in a process of its own, to be killed: ``python batch_script.py SOURCE OUT WORK [WORKERS]``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

if __name__ == "__main__":
    import poison

    from firelane.batch.driver import run_batch
    from firelane.batch.model import Settings

    source, out, work, *workers = sys.argv[1:]
    settings = Settings(parts=("audit",), timeout_s=20)
    try:
        result = run_batch(
            source, out, settings=settings, work=getattr(poison, work), workers=int(workers[0]) if workers else 2, extras=False
        )
    except KeyboardInterrupt:
        sys.exit(130)
    sys.stdout.write(f"{result.run} {len(result.failed)} {len(result.not_run)}\n")

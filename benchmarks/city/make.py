"""A city of districts as they are in Shenyang, with known violations.

    python benchmarks/city/make.py OUT --sites 200 --seed 7 --as manifest --size mixed --mess 0.5 --poison unreadable empty

Writes the districts, ``manifest.csv`` and ``truth.csv`` (every known violation). The same seed gives the same files.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from city_poison import POISONS
from city_sites import SIZES, city
from city_write import FORMS, Written, read_truth, write_city

__all__ = ["Written", "city", "read_truth", "write_city"]


def main(arguments: list[str] | None = None) -> int:
    """Write a city as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--as", dest="form", choices=FORMS, default="folders")
    parser.add_argument("--size", choices=SIZES, default="mixed")
    parser.add_argument("--mess", type=float, default=0.0, help="0 to 1")
    parser.add_argument("--poison", nargs="*", choices=POISONS, default=(), help="one more site for each")
    told = parser.parse_args(arguments)
    if told.sites < 0 or not 0.0 <= told.mess <= 1.0 or (told.poison and told.form == "geopackage"):
        parser.error("--sites from 0, --mess from 0 to 1; --poison not with a GeoPackage")
    began = time.process_time()
    done = write_city(
        told.out, told.sites, seed=told.seed, size=told.size, mess=told.mess, form=told.form, poison=told.poison
    )
    spent = time.process_time() - began
    print(f"{len(done.site_ids)} sites, {spent:.1f} CPU s ({len(done.site_ids) / max(spent, 1e-9):.0f} per s): {done.source}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

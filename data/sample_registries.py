"""The two sample registries as folders: CSV tables with Chinese headings, as ``firelane ip export`` writes them, and answers.

Every name, number and code is invented; the credit codes check, but belong to nobody.
"""

from __future__ import annotations

from pathlib import Path

import sample_registries_answers as known
import sample_registry_ip
import sample_registry_star

IP, STAR = "ip_programme", "star_spaces"


def write_ip(folder: Path) -> None:
    """Write the programme."""
    sample_registry_ip.build().write(folder)
    _text(folder / "expected.toml", known.to_toml(IP, "ip", known.IP))
    _text(folder / "expected.md", known.to_markdown(sample_registry_ip.TITLE, "ip", known.IP))


def write_star(folder: Path) -> None:
    """Write the Star Spaces, what was published of the second round, and the set for rehearsal."""
    sample_registry_star.build().write(folder)
    sample_registry_star.published().write(folder / "published")
    _text(folder / "rehearsal.toml", sample_registry_star.rehearsal())
    _text(folder / "expected.toml", known.to_toml(STAR, "star", known.STAR))
    _text(folder / "expected.md", known.to_markdown(sample_registry_star.TITLE, "star", known.STAR))


def _text(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))


REGISTRIES = {IP: write_ip, STAR: write_star}

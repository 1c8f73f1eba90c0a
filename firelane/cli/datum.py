"""``--datum``: findings for the maps of Gaode and Baidu as well."""

from __future__ import annotations

import click

datum_option = click.option(
    "--datum", type=click.Choice(["wgs84", "gcj02", "bd09"], case_sensitive=False), default="wgs84", show_default=True,
    help="Write findings.<datum>.geojson as well, for maps that bear an offset: gcj02 (Gaode, Tencent), bd09 (Baidu). "
    "findings.geojson itself is always WGS 84.",
)

"""firelane: audits fire lanes, draws their markings, maps the violations (消防车通道)."""

__version__ = "0.1.0"

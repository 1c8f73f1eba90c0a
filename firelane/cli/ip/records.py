"""Records looked at one by one, approved, taken back."""

from __future__ import annotations

from firelane.cli.ip import options
from firelane.cli.registry import commands

list_records = commands.make_list(options.REGISTRY)
history = commands.make_history(options.REGISTRY)
decide = commands.make_decide(options.REGISTRY)
void = commands.make_void(options.REGISTRY)

"""What-if: obstacles added, moved or removed, and the new verdict without measuring the site anew."""

from __future__ import annotations

from firelane.whatif.state import WhatIf

__all__ = ["WhatIf"]

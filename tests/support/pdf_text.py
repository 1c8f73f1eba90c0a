"""The text of a PDF, as a reader that is not ours finds it."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest


def pdf_text(path, page=None):
    """Return the text of a PDF, or of one page; skips without poppler's tools, but fails in CI."""
    if shutil.which("pdftotext") is None:
        reason = "pdftotext is not installed: the texts of a PDF cannot be read back"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    pages = [] if page is None else ["-f", str(page), "-l", str(page)]
    return subprocess.run(["pdftotext", *pages, "-layout", str(path), "-"], capture_output=True, check=True).stdout.decode()

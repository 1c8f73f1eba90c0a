"""firelane's command line, run in this process or in one of its own."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import firelane
from firelane.cli import main

HOME = Path(firelane.__file__).parents[1]


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str


def run(*words):
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([str(word) for word in words])
        except SystemExit as end:
            code = end.code
    return Outcome(code, out.getvalue(), err.getvalue())


def environment(**changes):
    """Return the environment of a child: this firelane, an English UTF-8 locale; None takes a name out."""
    known = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "PYTHONUTF8", "PYTHONIO"))}
    path = os.pathsep.join(p for p in (str(HOME), os.environ.get("PYTHONPATH")) if p)
    known |= {"LANG": "C.UTF-8", "PYTHONPATH": path} | changes
    return {k: v for k, v in known.items() if v is not None}


def command(*words):
    """Return the words that start firelane in a process of its own."""
    return [sys.executable, "-m", "firelane", *(str(word) for word in words)]


def spawn(*words, env=None, cwd=None, encoding="utf-8"):
    """Run a command in a process of its own, to its end."""
    done = subprocess.run(
        command(*words), capture_output=True, stdin=subprocess.DEVNULL, timeout=120, check=False, cwd=cwd,
        env=environment(**(env or {})),
    )  # fmt: skip
    return Outcome(done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding))


def snapshot(folder):
    """Return every file below ``folder``, hidden ones too, with its content."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(Path(folder).rglob("*")) if p.is_file()}

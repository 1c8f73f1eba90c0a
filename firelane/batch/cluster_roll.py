"""Which workers of a cluster take part: asked before the first site, and when one joins later."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from firelane.batch.cluster_check import Session, differing_libraries
from firelane.errors import UsageError
from firelane.files import output_error
from firelane.site.model import Note

TOKEN = ".firelane-cluster-"  # noqa: S105  (no secret)
"""How the file begins by which workers prove that they see the folder of the results."""
_NAMED = 10


class Roll:
    """The workers that are known, by address: those that take part, and those that cannot, with the reason.

    Parameters
    ----------
    session : Session
    run : callable
        Runs a function on every worker: address → what it returned.
    """

    def __init__(self, session: Session, run: Callable[..., dict[str, Any]]) -> None:
        self.session = session
        self.good: set[str] = set()
        self.bad: dict[str, tuple[str, str]] = {}
        self._run = run

    def put_token(self) -> None:
        """Put the file into the results' folder by which workers prove that they see it; remove what was left there.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        if self.session.token is None:
            return
        token = Path(self.session.token)
        try:
            token.parent.mkdir(parents=True, exist_ok=True)
            for old in token.parent.glob(f"{TOKEN}*"):
                old.unlink(missing_ok=True)
            token.write_text(self.session.key, "utf-8")
        except OSError as error:
            raise output_error(token.parent, error) from error

    def take_token(self) -> None:
        """Remove the file."""
        if self.session.token is not None:
            with suppress(OSError):
                Path(self.session.token).unlink()

    def demand(self) -> tuple[Note, ...]:
        """Make sure that every worker can take part; return notes of what differs all the same.

        Raises
        ------
        UsageError
            Naming those that cannot.
        """
        libraries = self.examine()
        zh = [f"{address}：{why[0]}" for address, why in sorted(self.bad.items())]
        en = [f"{address}: {why[1]}" for address, why in sorted(self.bad.items())]
        if en:
            more = len(en) - _NAMED
            raise UsageError(
                "\n  ".join(["these workers cannot take part:", *en[:_NAMED], *([f"and {more} more"] if more > 0 else [])]),
                "\n  ".join(["以下工作节点无法参与：", *zh[:_NAMED], *([f"另有 {more} 个"] if more > 0 else [])]),
            )
        return tuple(
            Note(
                "cluster_libraries",
                f"节点上的库版本与本机不同，结果末位可能有差异：{said}",
                f"a library differs from the one here, the last digits of results may too: {said}",
            )
            for said in differing_libraries(libraries)
        )

    def strangers(self, workers: set[str]) -> bool:
        """Whether there are workers that were not asked yet."""
        return not workers <= self.good | set(self.bad)

    def examine(self) -> dict[str, dict[str, str]]:
        """Ask every worker who it is; remember those that cannot take part, return the others' libraries by host."""

        def who(session: bytes) -> Any:  # pickled by value: a worker without firelane must be able to answer
            try:
                import pickle  # noqa: PLC0415

                from firelane.batch.cluster_check import introduce  # noqa: PLC0415

                return introduce(pickle.loads(session))  # noqa: S301
            except Exception as error:  # noqa: BLE001
                return f"{type(error).__name__}: {error}"

        answers = self._run(who, pickle.dumps(self.session))
        libraries = {}
        for address, answer in answers.items():
            if not isinstance(answer, dict):
                self.bad[address] = (f"无法载入 firelane（{answer}）", f"firelane cannot be loaded ({answer})")
            elif answer["refusal"] is not None:
                self.bad[address] = answer["refusal"]
            else:
                self.good.add(address)
                libraries[str(answer["host"])] = answer["libraries"]
        return libraries

"""What can be wrong with a store, in words for the user, Chinese and English."""

from __future__ import annotations

from firelane.errors import UsageError


class StoreError(UsageError):
    """A store that cannot be made, opened, read or written; the command leaves with exit code 2.

    Parameters
    ----------
    en, zh : str
        What is wrong and what to do, in English and Chinese. ``str(error)`` is the English.
    """

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en, zh)


class PermissionRefused(StoreError):  # noqa: N818  (the word says what happened; the base says that it is an error)
    """A user whose role may not do what was asked."""


def altered(error: BaseException) -> StoreError:
    """Return what is told where a value of the store is none that firelane ever wrote."""
    said = " ".join(str(error).split())[:120]
    return StoreError(
        f"the store holds a value that cannot be read ({type(error).__name__}: {said}): it was altered or is damaged; "
        "firelane case verify shows where",
        f"案件库中有无法读取的值（{type(error).__name__}：{said}）：数据被改动或已损坏；请运行 firelane case verify 查看",
    )

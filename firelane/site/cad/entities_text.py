"""Characters that a drawing's own encoding cannot hold, written as codes."""

from __future__ import annotations

from ezdxf.lldxf.encoding import decode_dxf_unicode, decode_mif_to_unicode


def decoded(text: str) -> str:
    r"""Return a text with its ``\U+XXXX`` and ``\M+NXXXX`` turned into characters.

    Examples
    --------
    >>> decoded(r"\U+6D88\U+9632\M+5B5C0\M+5C2B7")
    '消防道路'
    """
    if "\\M+" in text:
        text = decode_mif_to_unicode(text)
    if "\\U+" in text:
        text = decode_dxf_unicode(text)
        # Codes of half a character each: put together, or what cannot stand in any file is marked.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text

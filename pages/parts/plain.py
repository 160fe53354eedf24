"""What people typed, where Streamlit insists on Markdown."""

import re

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_JOINER = "\u2060"  # invisible, breaks no line
_LOOKED_FOR_LATER = re.compile(r"(:(?=[\w+/-])|@(?=\w)|\bwww(?=\.)|[-<>=~](?=[-<>=]))", re.IGNORECASE)
"""Emoji and icon codes, bare links and arrows are looked for in the finished text, where a backslash is gone."""
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


def md(text: str) -> str:
    """`text` so that Markdown shows it letter by letter: no markup, link, icon, formula, HTML or directive.

    Line breaks stay. Where `st.text` can be used, prefer it.
    """
    apart = _LOOKED_FOR_LATER.sub(rf"\1{_JOINER}", text)
    escaped = _PUNCTUATION.sub(r"\\\1", apart)
    flush = _INDENT.sub(lambda found: "\u00a0" * len(found[0]), escaped)
    return re.sub(r"\n", "\\\\\n", flush.strip("\n"))

"""The script of the measured server: the portal as it is, or, when asked for it, a page with nothing on it."""

from pathlib import Path

import streamlit as st

from portal.settings import ROOT

MAIN = ROOT / "portal" / "main.py"

if st.query_params.get("bench") == "empty":
    st.write("empty")
else:
    exec(compile(Path(MAIN).read_text("utf-8"), str(MAIN), "exec"), {"__name__": "__main__", "__file__": str(MAIN)})

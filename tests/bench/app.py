"""The portal's server with one page more, an empty one: so both are measured in the same process."""

import sys
from pathlib import Path

import streamlit as st

import portal.app
from portal.http import serve
from portal.http.routes import MIDDLEWARE, ROUTES

app = st.App(
    Path(__file__).with_name("both.py"),
    routes=ROUTES,
    middleware=MIDDLEWARE,
    lifespan=portal.app.lifespan,
    on_script_error=portal.app.alarm,
)

if __name__ == "__main__":
    serve.run(port=int(sys.argv[1]), app="tests.bench.app:app")

"""The ASGI application: Streamlit, and beside it our own routes and guards. Served by `portal.http.serve`."""

import gc
import importlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from streamlit import config

from portal import start, vault, words
from portal.alarm import report
from portal.http import ticker
from portal.http.routes import MIDDLEWARE, ROUTES
from portal.settings import settings

SLOW_IMPORTS = ("pandas", "altair", "folium", "pages.parts.frame")  # not streamlit_folium: it registers itself in a run


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Open the database, load what the first visitor would wait for, and run the clockwork until the end."""
    start.ready()
    _quiet()
    for name in SLOW_IMPORTS:
        importlib.import_module(name)
    for lang in settings().language_codes:
        with words.speaking(lang):
            words.t("page.home")
    gc.collect()
    gc.freeze()  # what is loaded by now stays; later collections need not walk it
    with ticker.running():
        yield


def _quiet() -> None:
    """Streamlit opens uvicorn's logs again; they note the address of everybody who comes."""
    for name in ("uvicorn.access", "uvicorn.error", "websockets"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").handlers.clear()
    logging.getLogger("uvicorn.access").propagate = False


def alarm(error: Exception) -> bool:
    """Show one sentence with the number under which the log has the trace; True: Streamlit shows nothing more."""
    words.use(st.context.cookies.get("portal_lang"))
    st.error(words.t("frame.unexpected", reference=report(error, "page")), icon=":material/error:")
    return True


app = st.App(
    Path(__file__).with_name("main.py"),
    routes=ROUTES,
    middleware=MIDDLEWARE,
    lifespan=lifespan,
    on_script_error=alarm,
)
# All processes must sign alike, or a browser that changes process loses its upload token.
config.set_option("server.cookieSecret", vault.keyed_hash("streamlit", "cookies"))
# Streamlit would print what people typed together with the trace; `report` logs the trace without it.
config.set_option("logger.enableRich", False)
logging.getLogger("streamlit.error_util").disabled = True

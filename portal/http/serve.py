"""Serving by uvicorn, with the settings that Streamlit's own launcher would choose."""

import os
import sys

import uvicorn

from portal.settings import ROOT

MESSAGE_BYTES = 4 * 1024 * 1024
"""Longest message a browser may send over its socket; uploads take another way."""


def run(host: str = "127.0.0.1", port: int = 8501, workers: int = 1, app: str = "portal.app:app") -> None:
    """Serve until told to stop. With several workers the proxy in front must keep a browser on one of them."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([str(ROOT), *filter(None, sys.path)]))
    uvicorn.run(
        app,
        host=host,
        port=port,
        workers=workers if workers > 1 else None,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=MESSAGE_BYTES,
        ws_per_message_deflate=False,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # our own guard believes the trusted proxies, see portal/http/guard.py
        log_level="warning",
        timeout_graceful_shutdown=5,
    )

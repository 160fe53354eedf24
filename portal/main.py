"""The script that Streamlit runs for every page: who is here, which pages they get, then the page itself."""

from pages.parts import frame, menu, topbar

with frame.body():
    page = menu.choose(frame.who())
    topbar.draw()
    page.run()

"""Photos before and after: small, and large in a dialog when tapped."""

from collections.abc import Sequence

from pages.parts.drawn import Node, button, el
from portal.photos import PhotoView
from portal.words import t


def photostrip(photos: Sequence[PhotoView], *, moments: bool = True) -> Node | None:
    """The photos as thumbnails that open a dialog; None where there are none. `moments` says when each was taken."""
    if not photos:
        return None
    css = "photos pair" if len(photos) == 2 else "photos"
    return el("div", css, *[_figure(p, moments) for p in photos])


def _figure(photo: PhotoView, moments: bool) -> Node:
    alt = photo.alt or t("photo.no_alt")
    thumb: Node = ["img", {"src": f"/files/{photo.name}/thumb", "alt": alt, "loading": "lazy"}]
    opens = {"class": "photo", "type": "button", "data-do": "enlarge", "data-id": photo.name}
    caption = [t(f"photo.{photo.moment}")] if moments else []
    return el(
        "figure",
        "",
        ["button", opens | {"aria-label": t("photo.enlarge", alt=alt)}, thumb],
        el("figcaption", "", " · ".join([*caption, *([photo.alt] if photo.alt else [])])),
        _dialog(photo, alt),
    )


def _dialog(photo: PhotoView, alt: str) -> Node:
    size = {"width": str(photo.width), "height": str(photo.height)}
    return el(
        "dialog",
        {"data-name": photo.name, "aria-label": alt},
        ["img", {"src": f"/files/{photo.name}", "alt": alt, "loading": "lazy"} | size],
        el("div", "under", el("span", "", alt), button("shut", photo.name, t("photo.shut"))),
    )

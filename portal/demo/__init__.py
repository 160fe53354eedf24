"""The demo: a town with its people and their wishes, played through the domain; or a large one for measuring."""

from portal.demo.large import load_large
from portal.demo.small import Progress, load_small

__all__ = ["load", "load_large", "load_small"]


def load(size: str, seed: int, progress: Progress) -> bool:
    """Load the demo of the given size (`small` or `large`) into an empty database; False where it is there already.

    `progress` is told a step's name, how much of it is done and how much there is. The same seed gives the same data,
    counted back from the present moment. Raises Refused `demo_not_empty`, `demo_broken`.
    """
    return load_large(seed=seed, progress=progress) if size == "large" else load_small(seed=seed, progress=progress)

"""The large demo: a million cases over two years, made as columns and written in bulk, for measuring."""

from portal.demo.large.load import load_large

__all__ = ["load_large"]

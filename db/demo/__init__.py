"""The demo data: Anning, small for looking at and large for measuring."""

"""The community fund: rounds and proposals, ballots and their count, the money and the work it pays for."""

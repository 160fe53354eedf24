"""Accounts: who is here, how they prove it, and what they may do where."""

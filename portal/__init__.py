"""The portal's rules: accounts, areas, cases and what they share. Streamlit appears only in app.py and main.py."""

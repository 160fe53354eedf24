"""Everything the portal answers over HTTP beside Streamlit's own pages."""

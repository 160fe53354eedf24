// Runs before Streamlit's own scripts.

// Says where the server is. Without it every page below the root is first tried as a root of its own.
window.__streamlit = { BACKEND_BASE_URL: location.origin, MAIN_PAGE_BASE_URL: location.origin }

// Runs before Streamlit's own scripts.

// Says where the server is. Without it every page below the root is first tried as a root of its own.
window.__streamlit = { BACKEND_BASE_URL: location.origin, MAIN_PAGE_BASE_URL: location.origin }

// Streamlit changes pages without loading one, which screen readers do not notice: tell them the new title.
addEventListener('DOMContentLoaded', () => {
  const region = document.createElement('div')
  region.className = 'portal-announcer'
  region.setAttribute('aria-live', 'polite')
  document.body.append(region)
  let said = document.title
  new MutationObserver(() => {
    if (document.title !== said) region.textContent = said = document.title
  }).observe(document.head, { subtree: true, childList: true, characterData: true })
})

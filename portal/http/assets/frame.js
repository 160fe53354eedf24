// Runs before Streamlit's own scripts.

// Says where the server is. Without it every page below the root is first tried as a root of its own.
window.__streamlit = { BACKEND_BASE_URL: location.origin, MAIN_PAGE_BASE_URL: location.origin }

// Streamlit remembers an open menu, which on a phone would then cover every page that is loaded anew.
if (matchMedia('(max-width: 768px)').matches) {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith('stSidebarCollapsed')) localStorage.removeItem(key)
  }
}

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

// Streamlit tells visitors to restart it in their terminal; residents have none. And a map is called by what it is.
window.portalChrome = [
  ['iframe', { 'streamlit_folium.st_folium': 'Map' }],
  [
    '[data-testid="stDialog"]',
    {
      'Connection error': 'No connection',
      'Is Streamlit still running? If you accidentally stopped Streamlit, just restart it in your terminal:':
        'The portal cannot be reached just now. It reconnects by itself; what you typed stays on this page.',
      "The page that you have requested does not seem to exist. Running the app's main page.":
        'There is no page at this address. You see the start page instead.',
    },
  ],
]

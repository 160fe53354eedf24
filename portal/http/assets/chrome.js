// Streamlit's own words in the language of the page. It has no setting for that, so what it draws is read and replaced.
// `window.portalChrome` (chrome-<language>.js) lists [where, exact words, patterns]; only inside `where` is anything
// touched, and never what people wrote.
;(() => {
  const rules = window.portalChrome ?? []
  const ATTRIBUTES = [
    'aria-label',
    'aria-roledescription',
    'aria-valuetext',
    'placeholder',
    'title',
  ]
  // What comes from people or from our own pages, though it stands inside one of Streamlit's frames.
  const THEIRS = [
    'stMarkdown', 'stText', 'stCode', 'stHtml', 'stJson', 'stHeading', 'stTable', 'stFileChipName', 'stMetric',
    'stCaptionContainer', 'stWidgetLabel', 'stChatMessageContent',
  ].map((id) => `[data-testid="${id}"]`).join(',') + ',textarea'

  const translated = (text, element) => {
    const plain = text.trim()
    if (!/[A-Za-z]{2}/.test(plain)) return null
    for (const [where, exact, patterns] of rules) {
      const known = Object.hasOwn(exact, plain)
      const pattern = known ? null : patterns?.find(([found]) => found.test(plain))
      if ((!known && !pattern) || !element.closest(where)) continue
      return known ? exact[plain] : plain.replace(...pattern)
    }
    return null
  }

  const text = (node) => {
    const element = node.parentElement
    if (!element || element.closest(THEIRS)) return
    const words = translated(node.data, element)
    if (words !== null && words !== node.data) node.data = words
  }

  const attribute = (element, name) => {
    const words = translated(element.getAttribute(name) ?? '', element)
    if (words !== null) element.setAttribute(name, words)
  }

  const tree = (root) => {
    if (root.nodeType === Node.TEXT_NODE) return text(root)
    if (root.nodeType !== Node.ELEMENT_NODE) return
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
    for (let node = walker.currentNode; node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) text(node)
      else for (const name of ATTRIBUTES) if (node.hasAttribute(name)) attribute(node, name)
    }
  }

  new MutationObserver((changes) => {
    for (const { type, target, addedNodes, attributeName } of changes) {
      if (type === 'childList') addedNodes.forEach(tree)
      else if (type === 'characterData') text(target)
      else attribute(target, attributeName)
    }
  }).observe(document.documentElement, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: ATTRIBUTES,
  })
  tree(document.documentElement)
})()

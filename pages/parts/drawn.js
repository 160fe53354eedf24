// Draws a tree of plain data: [tag, attributes, ...children] or a string. Text only ever becomes a text node, tags and
// attributes come from short lists, and addresses stay on this site: what people typed cannot become markup.
const TAGS = new Set(("a article b blockquote br button code dd details dialog div dl dt figcaption figure footer h2 h3 h4 " +
  "h1 header hr img li nav ol p pre section small span strong summary time ul").split(" "))
const ATTRIBUTES = /^(class|id|title|lang|role|dir|datetime|width|height|loading|alt|type|open|disabled|download|tabindex|translate|style|aria-[a-z]+|data-[a-z]+)$/
const ADDRESS = /^(\/(?![/\\])|#|tel:\+?\d+$|data:image\/(jpeg|png|webp);base64,)/
const STYLE = /^--[a-z]+: ?[\w.%-]+$/

function build(node) {
  if (typeof node === "string") return document.createTextNode(node)
  const [tag, attributes, ...children] = node
  if (!TAGS.has(tag)) throw new Error(`tag not drawn: ${tag}`)
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    const fine = name === "href" || name === "src" ? ADDRESS.test(value)
      : name === "style" ? STYLE.test(value) : ATTRIBUTES.test(name)
    if (fine) element.setAttribute(name, value)
  }
  element.append(...children.map(build))
  return element
}

async function copy(button) {
  const text = button.dataset.text ?? new URL(button.dataset.href, location.origin).href
  try {
    await navigator.clipboard.writeText(text)
  } catch {  // plain http, or an old browser
    const area = document.createElement("textarea")
    area.value = text
    document.body.append(area)
    area.select()
    document.execCommand("copy")
    area.remove()
  }
  button.setAttribute("aria-live", "polite")
  button.textContent = button.dataset.done
}

function locate(button, tell) {
  button.setAttribute("aria-busy", "true")
  const failed = () => tell({ do: "located", id: "" })
  if (!navigator.geolocation) return failed()
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => tell({ do: "located", id: `${coords.longitude.toFixed(6)},${coords.latitude.toFixed(6)}` }),
    failed, { timeout: 10000, maximumAge: 60000 })
}

// Follows a link within the portal as the browser's own back and forward buttons do: Streamlit hears `popstate`, looks at
// the address and runs its page. One way to the server, and no address in the history that nobody visited.
function go(href) {
  history.pushState({}, "", href)
  window.dispatchEvent(new PopStateEvent("popstate", { state: {} }))
  document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0)
}

// What a click does by itself, without asking the server.
const HERE = {
  go: (link) => go(link.getAttribute("href")),
  copy: (button) => copy(button),
  print: () => window.print(),
  enlarge: (button, root) => root.querySelector(`dialog[data-name="${CSS.escape(button.dataset.id)}"]`)?.showModal(),
  shut: (button) => button.closest("dialog").close(),
}

function clicked(event, root, tell) {
  const target = event.target.closest("[data-do]")
  if (event.target.tagName === "DIALOG") return event.target.close()
  if (!target || (target.tagName === "A" && (event.ctrlKey || event.metaKey || event.shiftKey || event.button))) return
  event.preventDefault()
  const deed = target.dataset.do
  if (HERE[deed]) return HERE[deed](target, root)
  if (deed === "locate") return locate(target, tell)
  if (target.getAttribute("aria-busy")) return
  target.setAttribute("aria-busy", "true")
  setTimeout(() => target.removeAttribute("aria-busy"), 3000)
  tell({ do: deed, id: target.dataset.id ?? "" })
}

// Puts the cursor into one of Streamlit's fields, which may come a moment after the block that asks for it.
function focusField(key, tries = 20) {
  const field = document.querySelector(`.st-key-${CSS.escape(key)} input`)
  if (field) field.focus({ preventScroll: true })
  else if (tries) setTimeout(focusField, 50, key, tries - 1)
}

function redraw(root, tree) {
  const focus = root.contains(document.activeElement) ? document.activeElement.dataset : null
  root.replaceChildren(...tree.map(build))
  const wanted = root.querySelector("[data-focus]")
  if (wanted && !matchMedia("(hover: none)").matches) focusField(wanted.dataset.focus)
  if (focus?.id) root.querySelector(`[data-id="${CSS.escape(focus.id)}"]`)?.focus({ preventScroll: true })
}

export default function ({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(":scope > .drawn")
  if (!root) {
    root = document.createElement("div")
    root.className = "drawn"
    parentElement.append(root)
  }
  const text = new TextDecoder().decode(data)
  root.onclick = (event) => clicked(event, root, (value) => setTriggerValue("did", value))
  if (root.shown === text) return
  root.shown = text
  redraw(root, JSON.parse(text))
}

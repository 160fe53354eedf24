// The clerk's list: moving, marking and looking for rows cost the server nothing, only opening one, loading more or
// acting on the marked ones does. What people typed is only ever set as text.
const states = new WeakMap()

function make(tag, css, ...children) {
  const element = document.createElement(tag)
  if (css) element.className = css
  element.append(...children)
  return element
}

function icon(name) {
  const element = make("span", "icon", name)
  element.setAttribute("aria-hidden", "true")
  element.translate = false
  return element
}

function press(label, css, pressed, ...symbols) {
  const button = make("button", "button " + css, ...symbols.map(icon), label)
  button.type = "button"
  button.onclick = pressed
  return button
}

function box(checked, label, changed) {
  const input = make("input", "")
  input.type = "checkbox"
  input.checked = checked
  input.tabIndex = -1
  input.setAttribute("aria-label", label)
  input.onchange = () => changed(input.checked)
  const wide = make("label", "mark", input)
  wide.title = label
  return wide
}

function line(row, state) {
  const title = make("a", "", row.title)
  title.href = row.href
  title.tabIndex = -1
  title.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return
    event.preventDefault()
    state.open(row)
  }
  const parts = [["location_on", row.where, ""], ...row.parts].map(([symbol, text, css]) =>
    make("span", css, ...(symbol ? [icon(symbol)] : []), text))
  const label = state.words.mark.replace("{title}", () => row.title)
  const item = make("li", "desk-row " + row.colour,
    ...(state.deeds.length ? [box(state.marked.has(row.id), label, (on) => state.mark([row.id], on))] : []),
    make("div", "", make("p", "desk-title", title), make("p", "desk-parts", ...parts)))
  item.dataset.id = row.id
  item.shown = (row.title + " " + row.where + " " + row.id + " " + row.parts.map((part) => part[1]).join(" ")).toLowerCase()
  if (row.open) item.setAttribute("aria-current", "true")
  return item
}

function bar(state) {
  const told = make("strong", "", state.words.marked.replace("{n}", state.marked.size))
  told.setAttribute("role", "status")
  const buttons = state.deeds.map(({ deed, label, symbol, main }) =>
    press(label, main ? "main" : "", () => state.tell({ do: deed, ids: [...state.marked].join(",") }), symbol))
  const element = make("div", "desk-bar", told, ...buttons)
  element.setAttribute("role", "group")
  element.hidden = state.marked.size === 0
  return element
}

function help(state) {
  const list = make("dl", "keys-list",
    ...state.keys.flatMap(([key, what]) => [make("dt", "", make("kbd", "", key)), make("dd", "", what)]))
  const heading = make("h2", "", state.words.keys_title)
  const dialog = make("dialog", "desk-keys", heading, list, press(state.words.close, "main wide", () => dialog.close()))
  dialog.setAttribute("aria-label", state.words.keys_title)
  dialog.onkeydown = (event) => event.stopPropagation()
  dialog.onclose = () => stand(state, state.at)
  return dialog
}

function head(state) {
  const find = make("input", "desk-find")
  find.type = "search"
  find.value = state.looking
  find.placeholder = state.words.find
  find.setAttribute("aria-label", state.words.find)
  find.oninput = () => { state.looking = find.value; sift(state); stand(state, 0, false) }
  find.onkeydown = (event) => {
    event.stopPropagation()
    if (event.key === "Escape") { find.value = state.looking = ""; sift(state) }
    if (["Enter", "ArrowDown", "Escape"].includes(event.key)) { event.preventDefault(); stand(state, event.key === "Escape" ? state.at : 0) }
  }
  const found = make("span", "small quiet found")
  found.setAttribute("role", "status")
  const keys = press(state.words.keys, "plain keys", () => state.root.querySelector(".desk-keys").showModal(), "keyboard")
  const all = state.deeds.length ? [box(false, state.words.all, (on) => state.all(on)), make("span", "all", state.words.all)] : []
  return make("div", "desk-head", ...all, find, found, keys)
}

// Rows in sight, in order: those that what is looked for does not hide.
const rows = (state) => [...state.root.querySelectorAll(".desk-row:not([hidden])")]

function sift(state) {
  const wanted = state.looking.trim().toLowerCase()
  for (const item of state.root.querySelectorAll(".desk-row")) item.hidden = !item.shown.includes(wanted)
  state.root.querySelector(".found").textContent = wanted ? state.words.found.replace("{n}", rows(state).length) : ""
}

function refresh(state) {
  const seen = rows(state)
  const marked = seen.filter((item) => state.marked.has(Number(item.dataset.id))).length
  const every = state.root.querySelector(".desk-head .mark input")
  if (every) {
    every.checked = seen.length > 0 && marked === seen.length
    every.indeterminate = !every.checked && marked > 0
  }
  for (const item of state.root.querySelectorAll(".desk-row")) {
    const on = state.marked.has(Number(item.dataset.id))
    item.classList.toggle("marked", on)
    const input = item.querySelector("input")
    if (input) input.checked = on
  }
  state.root.querySelector(".desk-bar").replaceWith(bar(state))
}

// Put the one row that Tab comes to, and with `focus` the focus, at `place`. Beyond the last row more are loaded.
function stand(state, place, focus = true) {
  const seen = rows(state)
  if (place >= seen.length && state.more && seen.length) state.load()
  state.at = Math.min(Math.max(place, 0), Math.max(seen.length - 1, 0))
  for (const link of state.root.querySelectorAll(".desk-title a")) link.tabIndex = -1
  const link = seen[state.at]?.querySelector(".desk-title a")
  if (!link) return
  link.tabIndex = 0
  if (!focus) return
  link.focus({ preventScroll: true })
  link.closest("li").scrollIntoView({ block: "nearest" })
}

function pressed(event, state) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
  const seen = rows(state)
  const id = Number(seen[state.at]?.dataset.id)
  const row = state.rows.find((each) => each.id === id)
  const inBar = event.target.closest?.(".desk-bar, .desk-head, .desk-more")
  const span = () => {
    const from = Math.max(seen.findIndex((item) => Number(item.dataset.id) === state.from), 0)
    const [low, high] = from < state.at ? [from, state.at] : [state.at, from]
    state.mark(seen.slice(low, high + 1).map((item) => Number(item.dataset.id)), true)
  }
  const turn = () => { state.from = id; state.mark([id], !state.marked.has(id)) }
  const deed = {
    ArrowDown: () => stand(state, state.at + 1), j: () => stand(state, state.at + 1),
    ArrowUp: () => stand(state, state.at - 1), k: () => stand(state, state.at - 1),
    PageDown: () => stand(state, Math.min(state.at + 10, seen.length - 1)), PageUp: () => stand(state, state.at - 10),
    Home: () => stand(state, 0), End: () => stand(state, seen.length - 1),
    x: turn, " ": inBar ? null : turn, X: span,
    a: row?.open ? null : () => state.open(row),  // of the open one it is the key of the button beside the list
    A: () => state.all(seen.some((item) => !state.marked.has(Number(item.dataset.id)))),
    Escape: () => state.all(false),
    "/": () => state.root.querySelector(".desk-find").focus(),
    "?": () => state.root.querySelector(".desk-keys").showModal(),
  }[event.key]
  if (!deed || (!row && event.key !== "?")) return
  event.preventDefault()
  event.stopPropagation()
  deed()
}

// Keys work as well while nothing has the focus: after an act the thing that had it is gone.
function anywhere(event, state) {
  const lost = document.activeElement === document.body || document.activeElement === null
  if (!state.root.isConnected) return document.removeEventListener("keydown", state.anywhere)
  if (!lost || event.ctrlKey || event.metaKey || event.altKey) return
  if (["j", "k", "ArrowDown", "ArrowUp"].includes(event.key)) {
    event.preventDefault()
    stand(state, state.at)
  } else if (["x", "/", "?"].includes(event.key)) pressed(event, state)
}

// What had the focus, a form beside the list or a question, goes a little later: then it comes back to the list.
function comeBack(state, tries) {
  setTimeout(() => {
    const at = document.activeElement
    if (at === document.body) stand(state, state.at)
    else if (tries > 0 && !state.root.contains(at)) comeBack(state, tries - 1)
  }, 250)
}

function draw(state) {
  const list = make("ul", "desk-rows", ...state.rows.map((row) => line(row, state)))
  list.setAttribute("role", "list")
  list.setAttribute("aria-label", state.words.list)
  const more = state.more ? [press(state.words.more, "wide desk-more", () => state.load(), "expand_more")] : []
  state.root.replaceChildren(head(state), list, ...more, bar(state), help(state))
  state.root.classList.toggle("marking", state.deeds.length > 0)
}

function begin(root) {
  const state = { root, marked: new Set(), at: 0, from: 0, shown: "", looking: "" }
  state.mark = (ids, on) => {
    if (!state.deeds.length) return
    for (const id of ids) on ? state.marked.add(id) : state.marked.delete(id)
    stand(state, rows(state).findIndex((item) => Number(item.dataset.id) === ids.at(-1)), false)
    refresh(state)
  }
  state.all = (on) => {
    const ids = rows(state).map((item) => Number(item.dataset.id))
    state.marked = new Set(on && state.deeds.length ? ids : [])
    refresh(state)
  }
  state.open = (row) => state.tell({ do: "open", ids: String(row.id) })
  state.load = () => {
    if (state.loading === state.rows.length) return
    state.loading = state.rows.length
    state.onward = true
    state.tell({ do: "more", ids: "" })
  }
  state.anywhere = (event) => anywhere(event, state)
  document.addEventListener("keydown", state.anywhere)
  states.set(root, state)
  return state
}

export default function ({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(":scope > .desk-list")
  if (!root) {
    root = make("div", "drawn desk-list")
    parentElement.append(root)
  }
  const text = new TextDecoder().decode(data)
  const state = states.get(root) ?? begin(root)
  state.tell = (value) => setTriggerValue("did", value)
  if (state.shown === text) return
  const had = root.contains(document.activeElement) && !document.activeElement.closest(".desk-head")
  const stood = state.at, first = state.shown === ""
  Object.assign(state, JSON.parse(text), { shown: text })
  state.marked = new Set(state.rows.map((row) => row.id).filter((id) => state.marked.has(id)))
  root.onkeydown = (event) => pressed(event, state)
  draw(state)
  sift(state)
  refresh(state)
  const open = rows(state).findIndex((item) => item.getAttribute("aria-current"))
  stand(state, state.onward ? stood + 1 : open >= 0 ? open : stood, had)
  state.onward = false
  if (!first && !had) comeBack(state, 20)
}

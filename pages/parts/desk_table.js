// The clerk's list: marking rows costs the server nothing, only opening one or acting on the marked ones does.
// What people typed is only ever set as text.
const marks = new WeakMap()

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
  title.dataset.id = row.id
  title.tabIndex = -1
  title.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return
    event.preventDefault()
    state.tell({ do: "open", ids: String(row.id) })
  }
  const parts = [["location_on", row.where, ""], ...row.parts].map(([symbol, text, css]) => {
    const part = make("span", css, ...(symbol ? [icon(symbol)] : []), text)
    return part
  })
  const item = make("li", "desk-row " + row.colour,
    ...(state.deeds.length
      ? [box(state.marked.has(row.id), state.words.mark.replace("{title}", () => row.title), (on) => state.mark(row.id, on))] : []),
    make("div", "", make("p", "desk-title", title), make("p", "desk-parts", ...parts)))
  item.dataset.id = row.id
  if (row.open) item.setAttribute("aria-current", "true")
  return item
}

function bar(state) {
  const n = state.marked.size
  const buttons = state.deeds.map(({ deed, label, symbol, main }) => {
    const button = make("button", "button" + (main ? " main" : ""), icon(symbol), label)
    button.type = "button"
    button.onclick = () => state.tell({ do: deed, ids: [...state.marked].join(",") })
    return button
  })
  const element = make("div", "desk-bar", make("strong", "", state.words.marked.replace("{n}", n)), ...buttons)
  element.setAttribute("role", "group")
  element.hidden = n === 0
  return element
}

function refresh(state) {
  const all = state.rows.length > 0 && state.rows.every((row) => state.marked.has(row.id))
  const head = state.root.querySelector(".desk-head input")
  if (head) {
    head.checked = all
    head.indeterminate = !all && state.marked.size > 0
  }
  for (const item of state.root.querySelectorAll(".desk-row")) {
    const on = state.marked.has(Number(item.dataset.id))
    item.classList.toggle("marked", on)
    const input = item.querySelector("input")
    if (input) input.checked = on
  }
  state.root.querySelector(".desk-bar").replaceWith(bar(state))
}

function stand(state, place, focus = true) {
  const titles = [...state.root.querySelectorAll(".desk-title a")]
  if (!titles.length) return
  state.at = Math.min(Math.max(place, 0), titles.length - 1)
  titles.forEach((title, n) => { title.tabIndex = n === state.at ? 0 : -1 })
  if (focus) titles[state.at].focus()
}

function pressed(event, state) {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const row = state.rows[state.at]
  const onButton = event.target.closest(".desk-bar")
  const deed = {
    ArrowDown: () => stand(state, state.at + 1), j: () => stand(state, state.at + 1),
    ArrowUp: () => stand(state, state.at - 1), k: () => stand(state, state.at - 1),
    Home: () => stand(state, 0), End: () => stand(state, state.rows.length),
    x: () => state.mark(row.id, !state.marked.has(row.id)),
    " ": onButton ? null : () => state.mark(row.id, !state.marked.has(row.id)),
    a: () => state.all(!state.rows.every((each) => state.marked.has(each.id))),
    Escape: () => state.all(false),
  }[event.key]
  if (!deed || !row) return
  event.preventDefault()
  event.stopPropagation()
  deed()
}

function draw(state) {
  const head = make("div", "desk-head",
    box(false, state.words.all, (on) => state.all(on)),
    make("span", "", state.words.all), make("span", "quiet small keys", state.words.keys))
  const list = make("ul", "desk-rows", ...state.rows.map((row) => line(row, state)))
  list.setAttribute("role", "list")
  state.root.replaceChildren(...(state.deeds.length ? [head] : []), list, bar(state))
  state.root.classList.toggle("marking", state.deeds.length > 0)
}

export default function ({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(":scope > .desk-list")
  if (!root) {
    root = make("div", "drawn desk-list")
    parentElement.append(root)
  }
  const text = new TextDecoder().decode(data)
  const state = marks.get(root) ?? { root, marked: new Set(), at: 0, shown: "" }
  marks.set(root, state)
  state.tell = (value) => setTriggerValue("did", value)
  if (state.shown === text) return
  const had = root.contains(document.activeElement)
  Object.assign(state, JSON.parse(text), { shown: text })
  state.marked = new Set(state.rows.map((row) => row.id).filter((id) => state.marked.has(id)))
  state.mark = (id, on) => {
    if (!state.deeds.length) return
    on ? state.marked.add(id) : state.marked.delete(id)
    stand(state, state.rows.findIndex((row) => row.id === id), false)
    refresh(state)
  }
  state.all = (on) => {
    state.marked = new Set(on && state.deeds.length ? state.rows.map((row) => row.id) : [])
    refresh(state)
  }
  root.onkeydown = (event) => pressed(event, state)
  draw(state)
  refresh(state)
  const open = state.rows.findIndex((row) => row.open)
  stand(state, open >= 0 ? open : state.at, had)
}

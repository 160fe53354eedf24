// A ballot to be filled in: choosing, the meter and the check cost the server nothing. The draft goes there by itself
// some moments after a tap, the ballot once. What people typed is only ever set as text.
const states = new WeakMap()
const PAUSE = 2000, AGAIN = 5000, PATIENCE = 15000, FAREWELL = 1500

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

const say = (sentence, facts = {}) => sentence.replace(/\{(\w+)\}/g, (hole, name) => facts[name] ?? hole)

function money(state, fen) {
  const digits = fen % 100 ? 2 : 0
  const amount = (fen / 100).toLocaleString(state.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return say(state.words.money, { amount })
}

// ---- what is chosen: a map from a project's number to its points, in the order of the taps ----

const ranked = (state) => state.type === "ranking"
const pointed = (state) => state.type === "points"
const project = (state, number) => state.projects.find((each) => each.number === number)
const given = (state) => [...state.chosen.values()].reduce((sum, points) => sum + points, 0)
const most = (state) => ({ one: 1, ranking: state.scores.length, approval: state.most }[state.type] ?? Infinity)
const least = (state) => state.type === "approval" ? state.least : 1

function choices(state) {
  const pairs = [...state.chosen].filter(([, points]) => points > 0)
  return ranked(state) ? pairs.map(([number], place) => [number, state.scores[place]]) : pairs.map(([number, points]) => [number, points])
}

function choose(state, number, on) {
  if (!on) state.chosen.delete(number)
  else if (state.type === "one") state.chosen = new Map([[number, 1]])
  else if (state.chosen.size >= most(state)) return warn(state, say(state.words.full, { most: most(state) }))
  else state.chosen.set(number, 1)
  changed(state)
}

function award(state, number, points) {
  const others = given(state) - (state.chosen.get(number) ?? 0)
  const fits = Math.max(0, Math.min(Math.trunc(points) || 0, state.points - others))
  if (fits) state.chosen.set(number, fits)
  else state.chosen.delete(number)
  changed(state)
  if (points > fits && points > 0) warn(state, say(state.words.spent, { points: state.points }))
}

function move(state, number, by) {
  const order = [...state.chosen.keys()], from = order.indexOf(number), to = from + by
  if (to < 0 || to >= order.length) return
  order.splice(to, 0, ...order.splice(from, 1))
  state.chosen = new Map(order.map((each) => [each, 1]))
  changed(state)
}

function changed(state) {
  state.dirty = true
  state.told = ""
  clearTimeout(state.timer)
  state.timer = setTimeout(() => save(state), PAUSE)
  refresh(state)
}

// ---- the draft ----

// One after the other, so that an older one never comes last. Also while the page is being left.
function save(state) {
  clearTimeout(state.timer)
  if (!state.dirty || state.over) return state.saving
  state.dirty = false
  const sent = JSON.stringify(choices(state))
  state.saving = state.saving.then(() => fetch(`/fund/${state.round}/draft`, {
    method: "POST", credentials: "same-origin", keepalive: true, headers: { "Portal-Draft": sent },
  })).then((answer) => note(state, answer.ok ? "saved" : "unsaved"), () => {
    state.dirty = true
    note(state, "offline")
    state.timer = setTimeout(() => save(state), AGAIN)
  })
  return state.saving
}

function note(state, name) {
  const kept = state.root.querySelector(".ballot-kept")
  if (kept) kept.textContent = state.dirty && name === "saved" ? "" : state.words[name]
}

const soon = (promise, milliseconds) => Promise.race([promise, new Promise((done) => setTimeout(done, milliseconds))])

async function leave(state, href) {
  await soon(save(state), FAREWELL)
  history.pushState({}, "", href)
  window.dispatchEvent(new PopStateEvent("popstate", { state: {} }))
  document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0)
}

// ---- the cards ----

function card(state, each) {
  const pick = pointed(state) ? make("div", "ballot-pick") : make("label", "ballot-pick")
  const about = make("span", "ballot-what",
    make("strong", "", `${each.number}. ${each.title}`),
    make("span", "ballot-cost", money(state, each.cost)),
    make("span", "small quiet", [each.kind, each.place].filter(Boolean).join(" · ")))
  about.querySelector("strong").id = `ballot-${state.round}-${each.number}`
  if (!pointed(state)) pick.append(box(state, each))
  if (each.photo) {
    const picture = make("img", "ballot-photo")
    Object.assign(picture, { src: each.photo, alt: "", loading: "lazy" })
    about.append(picture)
    about.classList.add("pictured")
  }
  pick.append(about)
  const foot = make("div", "ballot-foot", ...foots(state, each), details(state, each))
  const item = make("li", "ballot-card", pick, ...rivalry(state, each), foot)
  item.dataset.number = each.number
  return item
}

function box(state, each) {
  const input = make("input", "")
  input.type = state.type === "one" ? "radio" : "checkbox"
  input.name = `ballot-${state.round}`
  input.onchange = () => {
    choose(state, each.number, input.checked)
    refresh(state)  // a box that was one too many goes back
  }
  return make("span", "ballot-box", input, make("b", "ballot-rank", ""))
}

function foots(state, each) {
  if (pointed(state)) return [points(state, each)]
  return ranked(state) ? [order(state, each)] : []
}

function order(state, each) {
  const named = (label) => `${label}: ${each.title}`
  const up = press("", "ballot-step", () => move(state, each.number, -1), "arrow_upward")
  const down = press("", "ballot-step", () => move(state, each.number, 1), "arrow_downward")
  up.setAttribute("aria-label", named(state.words.up))
  down.setAttribute("aria-label", named(state.words.down))
  return make("span", "ballot-order", up, down)
}

function points(state, each) {
  const field = make("input", "ballot-points")
  Object.assign(field, { type: "number", inputMode: "numeric", min: 0, max: state.points, step: 1 })
  field.setAttribute("aria-label", say(state.words.points_for, { title: each.title }))
  field.onchange = () => award(state, each.number, Number(field.value))
  const by = (step) => () => award(state, each.number, (state.chosen.get(each.number) ?? 0) + step)
  const less = press("", "ballot-step", by(-1), "remove"), more = press("", "ballot-step", by(1), "add")
  less.setAttribute("aria-label", say(state.words.less, { title: each.title }))
  more.setAttribute("aria-label", say(state.words.more, { title: each.title }))
  return make("span", "ballot-order", less, field, more)
}

function details(state, each) {
  const link = make("a", "button plain", state.words.details, icon("chevron_right"))
  link.href = each.href
  link.setAttribute("aria-label", `${state.words.details}: ${each.title}`)
  link.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return
    event.preventDefault()
    leave(state, each.href)
  }
  return link
}

function rivalry(state, each) {
  if (!each.rivals.length) return []
  const others = each.rivals.map((number) => say(state.words.number, { number })).join(state.words.and)
  return [make("p", "ballot-rival small", icon("call_split"), say(state.words.rival, { others }))]
}

function filters(state) {
  const menus = [["kind", state.words.any_kind], ["cell", state.words.any_cell]].map(([what, any]) => {
    const offered = [...new Set(state.projects.map((each) => each[what]).filter(Boolean))]
    if (offered.length < 2) return null
    const menu = make("select", "ballot-filter", ...[any, ...offered].map((label, place) => new Option(label, place ? label : "")))
    menu.setAttribute("aria-label", any)
    menu.onchange = () => { state.only[what] = menu.value; sift(state) }
    return menu
  }).filter(Boolean)
  const found = make("span", "small quiet ballot-found")
  found.setAttribute("role", "status")
  return menus.length ? [make("div", "row ballot-filters", ...menus, found)] : []
}

function sift(state) {
  let seen = 0
  for (const item of state.root.querySelectorAll(".ballot-card")) {
    const each = project(state, Number(item.dataset.number))
    item.hidden = Object.entries(state.only).some(([what, value]) => value && each[what] !== value)
    seen += item.hidden ? 0 : 1
  }
  const found = state.root.querySelector(".ballot-found")
  if (found) found.textContent = Object.values(state.only).some(Boolean) ? say(state.words.found, { n: seen }) : ""
}

// ---- the meter ----

function counted(state) {
  const facts = { n: state.chosen.size, most: most(state), left: state.points - given(state), points: state.points }
  return say(state.words[`count_${state.type}`], facts)
}

const cost = (state) => [...state.chosen.keys()].reduce((sum, number) => sum + (project(state, number)?.cost ?? 0), 0)

function bar(state) {
  const count = make("strong", "ballot-count"), sum = make("span", "ballot-sum small")
  const told = make("p", "ballot-told", count, sum)
  told.setAttribute("role", "status")
  const warning = make("p", "ballot-warning")
  warning.setAttribute("role", "alert")
  const level = make("span", "ballot-level", make("span", ""))
  level.setAttribute("aria-hidden", "true")
  const kept = make("span", "ballot-kept small quiet")
  const onward = press(state.words.review, "main", () => review(state), "fact_check")
  const element = make("div", "ballot-bar", warning, told, level, onward, kept)
  element.setAttribute("role", "group")
  element.setAttribute("aria-label", state.words.meter)
  return element
}

function warn(state, sentence) {
  state.told = sentence
  refresh(state)
}

function refresh(state) {
  const { root } = state, places = [...state.chosen.keys()]
  for (const item of root.querySelectorAll(".ballot-card")) {
    const number = Number(item.dataset.number), on = state.chosen.has(number), place = places.indexOf(number)
    item.classList.toggle("chosen", on)
    const input = item.querySelector(".ballot-box input"), field = item.querySelector(".ballot-points")
    if (input) input.checked = on
    if (field) field.value = state.chosen.get(number) ?? 0
    if (!ranked(state)) continue
    item.querySelector(".ballot-rank").textContent = on ? place + 1 : ""
    const [up, down] = item.querySelectorAll(".ballot-order button")
    item.querySelector(".ballot-order").hidden = !on
    up.disabled = place === 0
    down.disabled = place === places.length - 1
  }
  const told = root.querySelector(".ballot-bar")
  if (!told) return
  const sum = cost(state)
  told.querySelector(".ballot-count").textContent = counted(state)
  told.querySelector(".ballot-sum").textContent =
    say(state.words.sum, { sum: money(state, sum), budget: money(state, state.budget) })
  told.querySelector(".ballot-warning").textContent = state.told
  const level = told.querySelector(".ballot-level")
  level.style.setProperty("--level", `${Math.min(100, state.budget ? (100 * sum) / state.budget : 0)}%`)
  level.classList.toggle("over", sum > state.budget)
  if (state.dirty) told.querySelector(".ballot-kept").textContent = ""
}

// ---- the check, and casting ----

function review(state) {
  if (state.chosen.size < least(state)) return warn(state, say(state.words.few, { least: least(state) }))
  save(state)
  state.step = "review"
  draw(state)
  state.root.querySelector("h2").focus({ preventScroll: true })
  state.root.scrollIntoView({ block: "start" })
}

function back(state) {
  state.step = "choose"
  draw(state)
  state.root.querySelector(".ballot-bar .main")?.focus({ preventScroll: true })
}

function checked(state) {
  const heading = make("h2", "", state.words.check)
  heading.tabIndex = -1
  const list = make("ol", "ballot-list", ...choices(state).map(([number, points], place) => {
    const each = project(state, number)
    const mark = ranked(state) ? say(state.words.place, { n: place + 1 }) : pointed(state) ? say(state.words.n_points, { n: points }) : ""
    return make("li", "", make("strong", "", `${number}. ${each.title}`), make("span", "quiet", [mark, money(state, each.cost)].filter(Boolean).join(" · ")))
  }))
  const clash = choices(state).some(([number]) => project(state, number).rivals.some((other) => state.chosen.has(other)))
  const sum = say(state.words.sum, { sum: money(state, cost(state)), budget: money(state, state.budget) })
  const warning = make("p", "ballot-warning", "")
  warning.setAttribute("role", "alert")
  const cast = press(state.words.cast, "main wide ballot-cast", () => send(state, cast), "how_to_vote")
  return make("section", "ballot-review narrow", heading,
    ...(state.chosen.size ? [list, make("p", "", sum)] : [make("p", "", state.words.blank)]),
    ...(clash ? [make("p", "panel small", icon("call_split"), state.words.clash)] : []),
    make("p", "quiet", state.words.may_change), warning,
    make("div", "ballot-buttons", cast, press(state.words.back, "wide", () => back(state), "arrow_back")))
}

async function send(state, button) {
  if (button.getAttribute("aria-busy")) return
  const told = state.root.querySelector(".ballot-warning")
  if (!navigator.onLine) return void (told.textContent = state.words.no_net)
  button.setAttribute("aria-busy", "true")
  told.textContent = ""
  state.dirty = false
  clearTimeout(state.timer)
  await soon(state.saving, FAREWELL)  // a draft that came after the ballot would look like a change of it
  state.tell({ do: "cast", choices: choices(state) })
  state.waiting = setTimeout(() => {
    free(state)
    const late = state.root.querySelector(".ballot-warning")
    if (late) late.textContent = state.words.no_answer
  }, PATIENCE)
}

// The server has spoken: either this block is gone, or it said above why the ballot was not taken.
function free(state) {
  clearTimeout(state.waiting)
  state.root.querySelector(".ballot-cast")?.removeAttribute("aria-busy")
}

// ---- the block ----

function draw(state) {
  if (state.step === "review") state.root.replaceChildren(checked(state))
  else {
    const list = make("ol", "ballot-cards", ...state.projects.map((each) => card(state, each)))
    list.setAttribute("aria-label", state.words.list)
    state.root.replaceChildren(make("p", "ballot-asked lead", state.words.asked), ...filters(state), list, bar(state))
    sift(state)
    refresh(state)
  }
}

function begin(root) {
  const state = { root, chosen: new Map(), step: "choose", told: "", only: { kind: "", cell: "" }, saving: Promise.resolve() }
  const flush = () => root.isConnected ? save(state) : detach()
  const hide = () => document.visibilityState === "hidden" && flush()
  const detach = () => {
    window.removeEventListener("pagehide", flush)
    window.removeEventListener("online", flush)
    document.removeEventListener("visibilitychange", hide)
  }
  window.addEventListener("pagehide", flush)
  window.addEventListener("online", flush)
  document.addEventListener("visibilitychange", hide)
  states.set(root, state)
  return state
}

export default function ({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(":scope > .ballot")
  if (!root) {
    root = make("div", "drawn ballot")
    parentElement.append(root)
  }
  const sent = JSON.parse(new TextDecoder().decode(data))
  const known = states.get(root), state = known ?? begin(root)
  state.tell = (value) => setTriggerValue("did", value)
  if (known && known.round === sent.round) {  // what was tapped since counts, not what the server last heard of
    state.words = sent.words
    free(state)
  } else {
    Object.assign(state, sent, { step: "choose" })
    state.chosen = new Map(sent.chosen.filter(([number]) => project(state, number)))
    draw(state)
    if (sent.drafted) note(state, "restored")
  }
  return () => { save(state) }
}

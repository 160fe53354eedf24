// Draws what pages/parts/maps.py hands over, inside the frame of streamlit-folium. Text only ever goes in as textContent.
window.portalMap = (() => {
  const LEVELS = ['cell', 'community', 'street', 'city']
  let named = [] // layers that carry an area's name
  let pinned = '' // the point last gone to, as JSON
  let looked = 'null' // the corners last looked at, as JSON

  function words(text, className) {
    const element = document.createElement('span')
    element.className = className
    element.textContent = text
    return element
  }

  function nameArea(feature, layer) {
    layer.bindTooltip(words(feature.properties.name, ''), {
      permanent: true, direction: 'center', interactive: false, opacity: 1, pane: 'names',
      className: 'area-name area-name-' + feature.properties.level,
    })
    layer.on('add', () => named.push(layer))
    layer.on('remove', () => { named = named.filter((other) => other !== layer) })
  }

  // Names of one level at a time: the deepest of which most names in view fit into their areas.
  function chooseNames(map) {
    const view = map.getBounds()
    const fits = new Map(named.map((layer) => [layer, layer.getTooltip() && fitting(map, layer)]))
    const level = LEVELS.find((name) => {
      const seen = named.filter((l) => l.feature.properties.level === name && view.intersects(l.getBounds()))
      return seen.length && seen.filter((l) => fits.get(l)).length >= seen.length / 2
    })
    const taken = []
    for (const layer of named) {
      const label = layer.getTooltip() && layer.getTooltip().getElement()
      if (!label) continue
      layer.getTooltip().update()
      const free = layer.feature.properties.level === level && fits.get(layer) && isFree(label, taken)
      label.classList.toggle('shown', free)
    }
  }

  // Whether a name stands clear of those shown before it; then its place is taken.
  function isFree(label, taken) {
    const box = label.getBoundingClientRect()
    const apart = (a, b) => a.right - 10 < b.left || a.bottom - 5 < b.top // the edge of a box is empty
    const clear = taken.every((other) => apart(box, other) || apart(other, box))
    if (clear) taken.push(box)
    return clear
  }

  function fitting(map, layer) {
    const label = layer.getTooltip().getElement()
    const box = layer.getBounds()
    const width = map.latLngToLayerPoint(box.getNorthEast()).x - map.latLngToLayerPoint(box.getSouthWest()).x
    return label && label.offsetWidth <= 1.1 * width
  }

  function prepare(map, say) {
    map.attributionControl.setPrefix(false)
    Object.assign(map.createPane('names').style, { zIndex: 450, pointerEvents: 'none' }) // over outlines, under dots
    L.control.zoom({ zoomInTitle: say.zoomIn, zoomOutTitle: say.zoomOut }).addTo(map)
    document.documentElement.lang = say.lang
    map.on('zoomend moveend layeradd', L.Util.throttle(() => chooseNames(map), 60))
    // the frame gets its final width, and the style sheets arrive, after the first drawing
    new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer())
    for (const sheet of document.querySelectorAll('link[rel=stylesheet]')) {
      sheet.addEventListener('load', () => { map.invalidateSize({ animate: false }); look(map); chooseNames(map) })
    }
  }

  function areas(data) {
    const style = (feature) => ({ className: `area area-${feature.properties.level}` })
    return L.geoJSON(data, { interactive: false, style, onEachFeature: nameArea })
  }

  function chosen(data) {
    return L.geoJSON(data, { interactive: false, style: { className: 'area area-chosen' } })
  }

  function pin(point) {
    const icon = L.divIcon({ className: 'pin', iconSize: [30, 40], iconAnchor: [15, 38] })
    return L.marker(point, { icon, interactive: false, keyboard: false })
  }

  function points(data, signs) {
    return L.geoJSON(data, {
      pointToLayer: (feature, latlng) => {
        const { standing, title } = feature.properties
        const dot = words(signs[standing].sign, `dot dot-${standing}`)
        const icon = L.divIcon({ className: 'touch', html: dot, iconSize: [44, 44] })
        const marker = L.marker(latlng, { icon, title, riseOnHover: true })
        marker.on('add', () => marker.getElement().setAttribute('aria-label', `${title} · ${signs[standing].name}`))
        return marker
      },
      onEachFeature: (feature, layer) => layer.bindTooltip(words(feature.properties.title, 'title')),
    })
  }

  function legend(map, signs) {
    if (map.portalLegend) map.portalLegend.remove()
    map.portalLegend = L.control({ position: 'bottomleft' }) // the view leaves room for it, see look()
    map.portalLegend.onAdd = () => {
      const box = L.DomUtil.create('div', 'legend')
      for (const [standing, { sign, name }] of Object.entries(signs)) {
        const line = box.appendChild(words('', ''))
        line.append(words(sign, `dot dot-${standing}`), words(name, ''))
      }
      return box
    }
    map.portalLegend.addTo(map)
  }

  function look(map) {
    const below = map.portalLegend ? map.portalLegend.getContainer().offsetHeight + 20 : 0
    const room = { paddingTopLeft: [28, 28], paddingBottomRight: [28, 28 + below] }
    if (JSON.parse(looked)) map.fitBounds(JSON.parse(looked), { animate: false, maxZoom: 17, ...room })
  }

  // A tap on a small picture of the town is coarse: go nearer, so that a second tap can be exact.
  function approach(map, pin, [cells, cell]) {
    if (JSON.stringify(pin) === pinned) return
    pinned = JSON.stringify(pin)
    const box = cell.getBounds()
    const width = map.latLngToLayerPoint(box.getNorthEast()).x - map.latLngToLayerPoint(box.getSouthWest()).x
    if (width < 60) map.fitBounds(cells.getBounds(), { animate: false, maxZoom: 17, padding: [28, 28] })
  }

  // Draws what changes from run to run, and moves the view only when asked to look somewhere else.
  function show(map, now) {
    const parts = []
    if (now.cells) parts.push(areas(now.cells))
    if (now.chosen) parts.push(chosen(now.chosen))
    if (now.points) parts.push(points(now.points, now.signs))
    if (now.pin) parts.push(pin(now.pin))
    window.feature_group = parts
    if (now.signs) legend(map, now.signs)
    if (now.look && JSON.stringify(now.look) !== looked) {
      looked = JSON.stringify(now.look)
      look(map)
    }
    for (const part of parts) part.addTo(map)
    if (now.pin && now.cells) approach(map, now.pin, parts)
    chooseNames(map)
  }

  return { nameArea, prepare, show }
})()

// Maps, drawn by Leaflet: what the page or its `data-source` gives as GeoJSON (see portal/maps.py), over a basemap that
// comes from here or over tiles. Marks are reached by keyboard, and leave one finger and the wheel to the page.

const L = window.L;
const CHINA = L.latLngBounds([18, 73.5], [53.6, 135]);
// From here on a view is close: the finer basemap is loaded, and marks are larger.
const CLOSE_FROM = 6.5;
// Beyond, the basemap is too coarse.
const CLOSEST = 11;
// How close a view goes to show a single place, so that one sees where it is.
const SINGLE = 10;
const ORDER = ["line", "park", "cluster", "host", "site", "partner"];
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const words = JSON.parse(document.getElementById("map-words").textContent);

function start(figure) {
  const { source, tiles } = figure.dataset;
  const map = L.map(figure.querySelector(".map-box"), {
    attributionControl: false,
    zoomControl: false,
    // Tiles are pictures, and blurred between whole zooms.
    zoomSnap: tiles ? 1 : 0.25,
    minZoom: 2,
    maxZoom: tiles ? 18 : CLOSEST,
    dragging: !matchMedia("(pointer: coarse)").matches,
    inertia: !still,
    zoomAnimation: !still,
    fadeAnimation: !still,
    markerZoomAnimation: !still,
  });
  L.control.zoom({ zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
  map.fitBounds(CHINA, { animate: false });
  leaveToThePage(map);
  manageFocus(map);
  if (tiles) {
    L.tileLayer(tiles, { maxZoom: 18, referrerPolicy: "strict-origin-when-cross-origin" }).addTo(map);
  } else {
    drawBasemap(map, figure);
  }
  const tellDistance = () => figure.classList.toggle("is-close", map.getZoom() >= CLOSE_FROM);
  map.on("zoomend", tellDistance);
  tellDistance();
  const shown = new Shown(map, { named: !source });
  if (source) {
    follow(map, figure, shown);
  } else {
    shown.replace(JSON.parse(document.getElementById("map-features").textContent));
    shown.fit();
    // Paper has another width.
    matchMedia("print").addEventListener("change", () => {
      map.invalidateSize({ animate: false });
      shown.fit();
    });
  }
}

// --- The ground ------------------------------------------------------------------------------------------------------

function drawBasemap(map, figure) {
  // Drawn beyond the view, so that moving it shows no gap.
  const options = { pane: "basemap", renderer: L.svg({ pane: "basemap", padding: 0.5 }), interactive: false };
  map.createPane("basemap").style.zIndex = 200;
  const draw = (data) =>
    L.geoJSON(data, { ...options, style: ({ properties }) => ({ className: `map-${properties.kind}` }) });
  const load = async (address) => (await fetch(address)).json();

  load(figure.dataset.overview).then((data) => {
    draw(data).addTo(map);
    const bounds = boundsOf(data);
    map.setMaxBounds(bounds);
    map.setMinZoom(Math.min(map.getBoundsZoom(bounds, true), map.getZoom()));
    let closer = null;
    const choose = async () => {
      const isClose = map.getZoom() >= CLOSE_FROM;
      if (isClose && !closer) {
        closer = [];
        const detail = await load(figure.dataset.detail).catch(() => null);
        if (!detail) {
          closer = null;
          return;
        }
        // Under the finer land, the sea hides the coarser.
        closer = [L.rectangle(boundsOf(detail), { ...options, className: "map-sea" }), draw(detail)];
        choose();
      } else {
        closer?.forEach((layer) => (isClose ? layer.addTo(map) : layer.remove()));
      }
    };
    map.on("zoomend", choose);
    choose();
  });
}

function boundsOf({ bbox: [west, south, east, north] }) {
  return L.latLngBounds([south, west], [north, east]);
}

// --- What is on it ---------------------------------------------------------------------------------------------------

// The features that the map shows now. Those that stay keep their marks, and with them an open popup and the focus.
class Shown {
  constructor(map, { named }) {
    this.map = map;
    // Whether names stand beside marks: where these are few.
    this.named = named;
    if (named) {
      map.on("zoomend", () => this.thinOutNames());
    }
    this.layers = new Map();
    this.bounds = L.latLngBounds([]);
  }

  replace(features) {
    const ordered = [...features].sort((a, b) => ORDER.indexOf(a.properties.kind) - ORDER.indexOf(b.properties.kind));
    const wanted = new Map(ordered.map((feature) => [JSON.stringify(feature), feature]));
    this.bounds = L.latLngBounds([]);
    ordered.forEach((feature) => extend(this.bounds, feature));
    for (const [key, layer] of this.layers) {
      if (!wanted.has(key)) {
        const hadFocus = layer.getElement()?.contains(document.activeElement);
        layer.remove();
        this.layers.delete(key);
        if (hadFocus) {
          this.map.getContainer().focus({ preventScroll: true });
        }
      }
    }
    for (const [key, feature] of wanted) {
      if (!this.layers.has(key)) {
        const layer = feature.properties.kind === "line" ? this.line(feature) : this.mark(feature);
        this.layers.set(key, layer.addTo(this.map));
      }
    }
  }

  // Shows all of it, as close as that allows.
  fit() {
    if (this.bounds.isValid()) {
      const paddingBottomRight = [this.named ? 112 : 48, 48];
      this.map.fitBounds(this.bounds, { paddingTopLeft: [48, 48], paddingBottomRight, maxZoom: SINGLE, animate: false });
      this.thinOutNames();
    }
  }

  // Of names that would lie over one another, or over a mark, the first stays.
  thinOutNames() {
    const marks = [...this.layers.values()].map((layer) => layer.getElement()).filter((each) => each?.matches(".map-mark"));
    const names = marks.flatMap((mark) => [...mark.querySelectorAll(".map-label")]);
    const taken = marks.map((mark) => mark.querySelector(".mark, .mark-count").getBoundingClientRect());
    for (const name of names) {
      const box = name.getBoundingClientRect();
      const isFree = !taken.some((other) => overlap(other, box));
      name.classList.toggle("is-covered", !isFree);
      if (isFree) {
        taken.push(box);
      }
    }
  }

  line({ geometry, properties }) {
    const [from, to] = geometry.coordinates.map(([longitude, latitude]) => L.latLng(latitude, longitude));
    const line = new Bend([from, bendOf(this.map, from, to), to], { className: "map-line", interactive: false });
    line.park = properties.park;
    return line;
  }

  mark(feature) {
    const { geometry, properties } = feature;
    const [longitude, latitude] = geometry.coordinates;
    const mark = L.marker([latitude, longitude], {
      icon: L.divIcon({ className: "map-mark", html: this.picture(properties), iconSize: [24, 24] }),
      title: label(properties),
      zIndexOffset: { cluster: 1000, partner: -1000 }[properties.kind] ?? 0,
      riseOnHover: true,
    });
    mark.on("add", () => {
      const element = mark.getElement();
      element.setAttribute("aria-label", label(properties));
      element.addEventListener("keydown", (event) => {
        if (event.key === " ") {
          event.preventDefault();
          mark.fire("click");
        }
      });
      for (const [event, followed] of [["mouseenter", true], ["focus", true], ["mouseleave", false], ["blur", false]]) {
        element.addEventListener(event, () => this.followLines(properties, followed));
      }
    });
    if (properties.kind === "cluster" && !properties.parks) {
      const zoomIn = () => this.map.fitBounds(boundsOf(properties), { padding: [48, 48] });
      mark.on("click", zoomIn);
      mark.on("keypress", ({ originalEvent }) => originalEvent.key === "Enter" && zoomIn());
    } else {
      mark.bindPopup(() => told(properties), { minWidth: 160, maxWidth: 280, maxHeight: 260 });
    }
    return mark;
  }

  picture(properties) {
    const box = make("span", { class: "map-picture" });
    box.append(picture(properties));
    if (this.named) {
      box.append(make("span", { class: "map-label" }, properties.name));
    }
    return box;
  }

  followLines({ kind, address }, followed) {
    if (kind === "park") {
      const park = address.split("/").filter(Boolean).pop();
      for (const layer of this.layers.values()) {
        if (layer.park === park) {
          layer.getElement()?.classList.toggle("is-followed", followed);
        }
      }
    }
  }
}

function extend(bounds, { geometry, properties }) {
  if (properties.bbox) {
    bounds.extend(boundsOf(properties));
  } else if (geometry.type === "Point") {
    bounds.extend([geometry.coordinates[1], geometry.coordinates[0]]);
  }
}

function overlap(one, other) {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}

// A line of three points that bends towards the middle one, drawn as exactly as SVG can: Leaflet rounds to pixels.
const Bend = L.Polyline.extend({
  _updatePath() {
    const origin = this._map.getPixelOrigin();
    const [from, bend, to] = this.getLatLngs().map((place) => this._map.project(place).subtract(origin));
    this._renderer._setPath(this, `M${from.x} ${from.y}Q${bend.x} ${bend.y} ${to.x} ${to.y}`);
  },
});

// Where a line bends to: to one side, so that those between the same places in both directions lie apart.
function bendOf(map, from, to) {
  const [start, end] = [map.project(from, 0), map.project(to, 0)];
  const aside = L.point(start.y - end.y, end.x - start.x).multiplyBy(0.18);
  return map.unproject(start.add(end).divideBy(2).add(aside), 0);
}

function markOf({ kind, status }) {
  if (kind !== "park") {
    return kind;
  }
  return status === "PROPOSED" ? "proposed" : ["CLOSED", "MERGED"].includes(status) ? "ended" : "park";
}

function picture(properties) {
  if (properties.kind === "cluster") {
    return make("span", { class: "mark-count" }, properties.count);
  }
  const mark = markOf(properties);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `mark mark-${mark} at-${properties.place ?? "own"}`);
  svg.setAttribute("aria-hidden", "true");
  const use = svg.appendChild(document.createElementNS(svg.namespaceURI, "use"));
  use.setAttribute("href", `#mark-${mark}`);
  return svg;
}

function label(properties) {
  if (properties.kind === "cluster") {
    const sentence = properties.parks ? words.cluster : words.closer;
    return sentence.replace("{count}", properties.count);
  }
  const status = properties.kind === "park" && words.status[properties.status];
  const also = (properties.also ?? []).map(({ name }) => name);
  return [status ? `${properties.name} (${status})` : properties.name, ...also].join("; ");
}

// What a popup tells.
function told(properties) {
  const box = make("div", {});
  if (properties.kind === "cluster") {
    box.append(make("p", { class: "map-name" }, label(properties)));
    const list = make("ul", { class: "plain" });
    for (const park of properties.parks) {
      const item = make("li", {});
      item.append(make("a", { href: park.address }, park.name));
      list.append(item);
    }
    box.append(list);
    if (properties.address) {
      box.append(make("a", { href: properties.address }, words.all.replace("{count}", properties.count)));
    }
    return box;
  }
  for (const each of [properties, ...(properties.also ?? [])]) {
    const heading = make("p", { class: "map-name" });
    heading.append(make("a", { href: each.address }, each.name));
    const facts = [words.kind[each.kind], each.kind === "park" && words.status[each.status]].filter(Boolean);
    box.append(heading, ...facts.map((fact) => make("p", {}, fact)));
  }
  if (properties.place === "division") {
    box.append(make("p", { class: "faint" }, words.division));
  }
  return box;
}

function make(tag, attributes, text) {
  const element = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  if (text !== undefined) {
    element.textContent = text;
  }
  return element;
}

// --- What is asked for -----------------------------------------------------------------------------------------------

// Asks `source` for each view; only the last answer counts. Another source is told by the event "map:source".
function follow(map, figure, shown) {
  const failed = figure.querySelector(".map-failed");
  let asking = new AbortController();
  let first = true;
  const ask = async () => {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    try {
      const response = await fetch(addressOf(figure.dataset.source, map), { signal });
      if (!response.ok) {
        throw new Error(`${response.status}`);
      }
      const { features } = await response.json();
      failed.textContent = "";
      shown.replace(features);
      if (first && map.getBoundsZoom(shown.bounds) > map.getZoom()) {
        shown.fit();
      }
      first = false;
    } catch {
      if (!signal.aborted) {
        failed.textContent = words.failed;
      }
    }
  };
  map.on("moveend", ask);
  figure.addEventListener("map:source", () => {
    first = true;
    map.fitBounds(CHINA, { animate: false });
    ask();
  });
  ask();
}

function addressOf(source, map) {
  const address = new URL(source, location.href);
  const bounds = map.getBounds().pad(0.1);
  const box = [
    Math.max(-180, bounds.getWest()),
    Math.max(-90, bounds.getSouth()),
    Math.min(180, bounds.getEast()),
    Math.min(90, bounds.getNorth()),
  ];
  address.searchParams.set("bbox", box.map((degrees) => degrees.toFixed(3)));
  address.searchParams.set("zoom", Math.floor(map.getZoom()));
  return address;
}

// --- Hands and keys --------------------------------------------------------------------------------------------------

// The wheel scrolls the page, unless Ctrl is held; so does one finger (see `dragging`), while two move the map.
function leaveToThePage(map) {
  const keepFromLeaflet = (event) => {
    if (!event.ctrlKey && !event.metaKey) {
      event.stopImmediatePropagation();
    }
  };
  map.getContainer().addEventListener("wheel", keepFromLeaflet, { capture: true, passive: true });
}

// A popup gets the focus, and gives it back to its mark.
function manageFocus(map) {
  map.on("popupopen", ({ popup }) => {
    const box = popup.getElement();
    box.querySelector(".leaflet-popup-close-button").setAttribute("aria-label", words.close);
    (box.querySelector(".leaflet-popup-content a") ?? box.querySelector("a")).focus({ preventScroll: true });
  });
  map.on("popupclose", ({ popup }) => {
    // Without animation it is gone by now, and the focus with it.
    const { activeElement } = document;
    if (activeElement === document.body || popup.getElement().contains(activeElement)) {
      popup._source?.getElement()?.focus({ preventScroll: true });
    }
  });
  map.getContainer().addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      map.closePopup();
    }
  });
}

document.querySelectorAll("[data-map]").forEach(start);

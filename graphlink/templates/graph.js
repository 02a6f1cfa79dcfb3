"use strict";
// The graph of one cluster. Every string of `told` was written by whoever signed up: it reaches the page as text only
// (textContent, fillText), never as markup. Three parts: what is shown (state), the picture, the panel beside it.

const told = JSON.parse(document.getElementById("content").textContent);
const { accounts, items, touches, kinds } = told;
const byId = (id) => document.getElementById(id);
const root = document.documentElement;

// ---- Nodes and edges: numbers into the tables

const nodes = new Map(told.nodes.map((node) => [node.id, node]));
const nodeOf = { account: new Map(), item: new Map() };
for (const node of nodes.values()) place(node);
let edges = told.edges;
let neighbours = new Map();
connect();

function place(node) {
  for (const member of node.of) nodeOf[node.items ? "item" : "account"].set(member, node.id);
}

function connect() {
  neighbours = new Map([...nodes.keys()].map((id) => [id, []]));
  for (const edge of edges) {
    neighbours.get(edge.from).push([edge.to, edge]);
    neighbours.get(edge.to).push([edge.from, edge]);
  }
}

const kindOf = (node) => (node.items ? kinds[items.kind[node.of[0]]] : null);
const single = (node) => node.of.length === 1;
const textOf = (node) => {
  if (single(node)) return node.items ? items.value[node.of[0]] : accounts.account_id[node.of[0]];
  return node.items ? `${count(node.of.length)} × ${kindOf(node).name}` : `${count(node.of.length)} accounts`;
};
const itself = (node) => [node.items ? "item" : "account", node.of[0]];
// A hub that says nothing, or an account at the rim of the cluster, is drawn hollow.
const hollow = (node) =>
  single(node) && (node.items ? ["public", "ignored"].includes(items.use[node.of[0]]) : accounts.role[node.of[0]] === "edge");
const count = (number) => Number(number).toLocaleString("en");
const bitsText = (bits) => `${Number(bits).toFixed(1)} bits`;
const shortened = (text) => {
  const all = Array.from(String(text).replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, "·"));
  return all.length > 22 ? `${all.slice(0, 21).join("")}…` : all.join("");
};

// Instants are whole seconds, or text where the records say more.
const time = (value) => (typeof value === "number" ? new Date(value * 1000).toISOString().replace(".000Z", "Z") : (value ?? ""));
const seconds = (value) => (typeof value === "number" ? value : Date.parse(value) / 1000);
const bitsOf = (touch) => (touches.bits ? touches.bits[touch] : items.bits[touches.item[touch]]);

function touchesOf(account) {
  const found = [];
  for (let i = touches.start[account]; i < touches.start[account + 1]; i++) found.push(i);
  return found;
}

const holders = new Map();
for (let account = 0; account < accounts.account_id.length; account++) {
  for (const i of touchesOf(account)) {
    if (!holders.has(touches.item[i])) holders.set(touches.item[i], []);
    holders.get(touches.item[i]).push([account, i]);
  }
}

// ---- What is shown

const state = {
  off: new Set(), least: 0, from: -Infinity, to: Infinity,
  selected: null, only: null, path: null, pathFrom: null, pinned: new Set(),
};
const shown = { nodes: new Set(), edges: [] };

const inTime = (first, last) => first === undefined || (first <= state.to && last >= state.from);
const accountTimes = accounts.account_id.map((_, i) => [
  seconds(accounts.first_seen[i]), seconds(accounts.last_seen[i]),
]);
const accountInTime = (i) => Number.isNaN(accountTimes[i][0]) || inTime(...accountTimes[i]);
const nodeWanted = (node) =>
  !state.off.has(node.items ? items.kind[node.of[0]] : -1) &&
  (state.only === null || state.only.has(node.id)) &&
  (node.items || node.of.some(accountInTime));

function filter() {
  shown.nodes = new Set([...nodes.values()].filter(nodeWanted).map((node) => node.id));
  shown.edges = edges.filter(
    (edge) =>
      edge.bits >= state.least && inTime(edge.first, edge.last) && shown.nodes.has(edge.from) && shown.nodes.has(edge.to),
  );
  // An item is there because accounts share it: without an edge that is shown it goes, unless accounts are switched off.
  const touched = new Set(shown.edges.flatMap((edge) => [edge.from, edge.to]));
  if (!state.off.has(-1))
    for (const node of nodes.values()) if (node.items && !touched.has(node.id)) shown.nodes.delete(node.id);
  hide();
  redraw();
  byId("note").textContent = note();
}

function note() {
  const hidden = [
    [told.edges_left_out, "weaker edges"], [accounts.account_id.length - nodeOf.account.size, "accounts"],
    [items.value.length - nodeOf.item.size, "items"],
  ].filter(([number]) => number > 0).map(([number, what]) => `${count(number)} ${what}`);
  const groups = [...nodes.values()].some((node) => !single(node)) ? ` A number marks a group: ${told.rule}.` : "";
  const left = hidden.length ? ` Not drawn: ${hidden.join(", ")}.` : "";
  return `Read the lines, not the distance: places are computed, and groups drawn further apart than they are.${groups}${left}`;
}

// Nodes that stand out; empty when none do. Everything else is drawn faint.
function focus() {
  if (state.path) return new Set(state.path);
  if (state.selected === null) return new Set();
  return new Set([state.selected, ...shownNeighbours(state.selected).map(([id]) => id)]);
}
const shownNeighbours = (id) => {
  const visible = new Set(shown.edges);
  return neighbours.get(id).filter(([, edge]) => visible.has(edge));
};

// ---- The picture: vis-network moves the view and finds what is under the pointer; shapes, lines and labels are ours

const around = (corners, turn = 0, inner = 1) =>
  Array.from({ length: corners }, (_, i) => {
    const angle = turn - Math.PI / 2 + (2 * Math.PI * i) / corners;
    const far = i % 2 ? inner : 1;
    return `${i ? "L" : "M"}${(far * Math.cos(angle)).toFixed(3)} ${(far * Math.sin(angle)).toFixed(3)}`;
  }).join("") + "Z";
// Unit paths, for the canvas and for SVG alike.
const SHAPES = {
  dot: "M1 0A1 1 0 1 1 -1 0A1 1 0 1 1 1 0Z",
  square: "M-.86 -.86H.86V.86H-.86Z",
  diamond: around(4).replaceAll("1.000", "1.150"),
  triangle: around(3).replaceAll("1.000", "1.100"),
  triangleDown: around(3, Math.PI),
  hexagon: around(6),
  pentagon: around(5),
  octagon: around(8, Math.PI / 8),
  star: around(10, 0, 0.5).replaceAll("1.000", "1.150"),
  cross: "M-.38 -1H.38V-.38H1V.38H.38V1H-.38V.38H-1V-.38H-.38Z",
};
const paths = Object.fromEntries(Object.entries(SHAPES).map(([name, d]) => [name, new Path2D(d)]));
// The colours of the style sheet, for what is drawn.
const COLOURS = ["paper", "ink", "dot", "edge", "accent"];
let paper, ink, dot, line, accent;
function readColours() {
  const style = getComputedStyle(root);
  [paper, ink, dot, line, accent] = COLOURS.map((name) => style.getPropertyValue(`--${name}`).trim());
}
readColours();

function colours(node) {
  const own = node.items ? node.color : dot;
  return { fill: hollow(node) ? paper : own, rim: hollow(node) ? own : paper };
}

// Nodes that stand out, the labels that found room, and whether the view moves.
let standing = new Set();
let labels = [];
let settle = 0;
let lastView = "";
const moving = () => settle !== 0;
// Lines are drawn into a picture of their own, which is moved while the view moves: 6,000 lines take about 100 ms
// without a graphics card, a picture 5 (measured).
const layer = { canvas: document.createElement("canvas"), box: null, stale: true };

const network = new vis.Network(
  byId("graph"),
  { nodes: new vis.DataSet([]), edges: new vis.DataSet([]) },
  {
    physics: false,
    autoResize: true,
    interaction: { hover: true, zoomSpeed: 0.6, selectConnectedEdges: false },
    nodes: { shape: "custom", ctxRenderer: renderer, font: { size: 0 } },
  },
);
const drawn = network.body.data.nodes;
const visNode = (node) => ({ id: node.id, x: node.x, y: node.y, size: node.size });
drawn.add([...nodes.values()].map(visNode));

function renderer({ ctx, id, x, y, state: { hover } }) {
  const node = nodes.get(id);
  return {
    drawNode: () => drawNode(ctx, node, x, y, hover),
    nodeDimensions: { width: 2 * node.size, height: 2 * node.size },
  };
}

function drawNode(ctx, node, x, y, hover) {
  const { fill, rim } = colours(node);
  ctx.save();
  ctx.globalAlpha = standing.size && !standing.has(node.id) ? 0.13 : 1;
  ctx.translate(x, y);
  ctx.scale(node.size, node.size);
  ctx.fillStyle = fill;
  ctx.fill(paths[node.shape]);
  const marked = node.id === state.selected || hover || state.pinned.has(node.id);
  ctx.lineWidth = (marked ? 3 / Math.min(1, network.getScale()) : 1.5) / node.size;
  ctx.strokeStyle = node.id === state.selected || hover ? accent : state.pinned.has(node.id) ? ink : rim;
  ctx.stroke(paths[node.shape]);
  ctx.restore();
  if (!single(node)) number(ctx, node, x, y);
}

function number(ctx, node, x, y) {
  ctx.save();
  ctx.globalAlpha = standing.size && !standing.has(node.id) ? 0.13 : 1;
  ctx.font = `600 ${Math.min(15, node.size * 0.8)}px system-ui, sans-serif`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillStyle = contrast(node.items ? node.color : dot);
  ctx.fillText(count(node.of.length), x, y);
  ctx.restore();
}
function contrast(colour) {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  return 0.3 * r + 0.59 * g + 0.11 * b > 140 ? "#14171b" : "#ffffff";
}


network.on("beforeDrawing", (ctx) => {
  standing = focus();
  const scale = network.getScale();
  const { x, y } = network.getViewPosition();
  const view = `${scale} ${x} ${y}`;
  if (lastView && view !== lastView) {
    clearTimeout(settle);
    settle = setTimeout(() => { settle = 0; redraw(); }, 140);
  }
  lastView = view;
  if (layer.stale || !layer.box || !moving()) drawLayer(scale, x, y);
  ctx.drawImage(layer.canvas, layer.box.x, layer.box.y, layer.box.width, layer.box.height);
});

function drawLayer(scale, x, y) {
  const { clientWidth, clientHeight } = byId("graph");
  const sharp = window.devicePixelRatio * scale;
  const width = (1.5 * clientWidth) / scale;
  const height = (1.5 * clientHeight) / scale;
  layer.box = { x: x - width / 2, y: y - height / 2, width, height };
  layer.canvas.width = Math.max(1, Math.round(width * sharp));
  layer.canvas.height = Math.max(1, Math.round(height * sharp));
  const ctx = layer.canvas.getContext("2d");
  ctx.scale(sharp, sharp);
  ctx.translate(-layer.box.x, -layer.box.y);
  drawEdges(ctx, layer.box);
  layer.stale = false;
}

const onPath = (edge) => {
  const at = state.path ? state.path.indexOf(edge.from) : -1;
  return at >= 0 && (state.path[at - 1] === edge.to || state.path[at + 1] === edge.to);
};
const standsOut = (edge) => (state.path ? onPath(edge) : edge.from === state.selected || edge.to === state.selected);

function edgeLook(edge) {
  const out = standing.size > 0 && standsOut(edge);
  const item = nodes.get(edge.to);
  const calmly = (edge.dashes ? 0.75 : 1) * Math.min(0.75, Math.max(0.22, 14 / Math.sqrt(shown.edges.length)));
  return { out, alpha: standing.size ? (out ? 0.95 : 0.05) : calmly, colour: hollow(item) ? line : item.color };
}

function drawEdges(ctx, box) {
  const sorted = standing.size ? [...shown.edges].sort((a, b) => standsOut(a) - standsOut(b)) : shown.edges;
  for (const edge of sorted) {
    const a = nodes.get(edge.from);
    const b = nodes.get(edge.to);
    if (box && !meets(a, b, box)) continue;
    const look = edgeLook(edge);
    ctx.globalAlpha = look.alpha;
    ctx.strokeStyle = look.colour;
    ctx.lineWidth = edge.width;
    ctx.setLineDash(edge.dashes ? [5, 4] : []);
    ctx.beginPath();
    ctx.moveTo(a.x, a.y);
    ctx.lineTo(b.x, b.y);
    ctx.stroke();
  }
}
const meets = (a, b, { x, y, width, height }) =>
  Math.max(a.x, b.x) >= x && Math.min(a.x, b.x) <= x + width && Math.max(a.y, b.y) >= y && Math.min(a.y, b.y) <= y + height;

// Labels: the most telling first, each only where it covers no node and no other label.
network.on("afterDrawing", (ctx) => {
  const scale = network.getScale();
  if (!moving() || !labels.length) labels = placeLabels(scale, network.getViewPosition());
  for (const label of labels) drawLabel(ctx, label, scale);
  root.dataset.drawn = "1";
});

const CELL = 6;
function placeLabels(scale, centre) {
  const { clientWidth: width, clientHeight: height } = byId("graph");
  const screen = (node) => ({ x: (node.x - centre.x) * scale + width / 2, y: (node.y - centre.y) * scale + height / 2 });
  return labelled([...shown.nodes].map((id) => nodes.get(id)), screen, scale, width, height);
}

function labelled(candidates, screen, scale, width, height) {
  const taken = new Set();
  const inside = candidates.map((node) => ({ node, at: screen(node) }))
    .filter(({ at }) => at.x > -20 && at.y > -20 && at.x < width + 20 && at.y < height + 20);
  for (const { node, at } of inside) {
    if (standing.size && !standing.has(node.id)) continue;
    const r = Math.max(node.size * scale * 0.85, 2);
    cells(at.x - r, at.y - r, 2 * r, 2 * r).forEach((cell) => taken.add(cell));
  }
  const ctx = layer.canvas.getContext("2d");
  ctx.save();
  ctx.font = "12px system-ui, sans-serif";
  const placed = [];
  for (const { node, at } of inside.sort((a, b) => rank(b.node) - rank(a.node) || a.node.id - b.node.id)) {
    if (placed.length > 160 || (standing.size && !standing.has(node.id))) continue;
    if (!node.items && (!single(node) || node.size * scale < 4.5) && inside.length > 80 && !standing.has(node.id)) continue;
    if (!node.items && !single(node)) continue;
    const text = shortened(textOf(node));
    const wide = ctx.measureText(text).width;
    const r = node.size * scale + 4;
    const spots = [[0, r + 8, "center"], [0, -r - 8, "center"], [r, 0, "left"], [-r, 0, "right"]];
    for (const [dx, dy, align] of spots) {
      const left = at.x + dx - (align === "center" ? wide / 2 : align === "right" ? wide : 0);
      const covered = cells(left - 3, at.y + dy - 8, wide + 6, 16);
      if (covered.some((cell) => taken.has(cell)) && node.id !== state.selected) continue;
      covered.forEach((cell) => taken.add(cell));
      placed.push({ node, text, dx, dy, align });
      break;
    }
  }
  ctx.restore();
  return placed;
}
const rank = (node) =>
  (node.id === state.selected ? 1e9 : 0) + (state.pinned.has(node.id) ? 1e8 : 0) + (single(node) ? 0 : 1e6 * node.of.length) +
  (node.items ? 1e3 * (hollow(node) ? 0 : neighbours.get(node.id).length) + 1 : 0);
function cells(x, y, width, height) {
  const found = [];
  for (let i = Math.floor(x / CELL); i * CELL < x + width; i++)
    for (let j = Math.floor(y / CELL); j * CELL < y + height; j++) found.push(i * 100000 + j);
  return found;
}

function drawLabel(ctx, { node, text, dx, dy, align }, scale) {
  ctx.save();
  ctx.translate(node.x + dx / scale, node.y + dy / scale);
  ctx.scale(1 / scale, 1 / scale);
  ctx.font = `${state.pinned.has(node.id) || node.id === state.selected ? "600 " : ""}12px system-ui, sans-serif`;
  ctx.textAlign = align;
  ctx.textBaseline = "middle";
  ctx.lineWidth = 3;
  ctx.lineJoin = "round";
  ctx.strokeStyle = paper;
  ctx.strokeText(text, 0, 0);
  ctx.fillStyle = ink;
  ctx.fillText(text, 0, 0);
  ctx.restore();
}

function redraw() {
  layer.stale = true;
  if (!moving()) labels = [];
  network.redraw();
}

function hide() {
  const changed = [...nodes.keys()].filter((id) => Boolean(network.body.nodes[id].options.hidden) === shown.nodes.has(id));
  drawn.update(changed.map((id) => ({ id, hidden: !shown.nodes.has(id) })));
}

function fit(animated = true) {
  const some = [...(standing.size > 1 ? standing : shown.nodes)];
  network.fit({ nodes: some, maxZoomLevel: 1.6, animation: animated && !calm() && { duration: 250 } });
}
const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const zoom = (factor) => network.moveTo({ scale: Math.min(8, Math.max(0.02, network.getScale() * factor)) });
const pan = (x, y) => network.moveTo({ offset: { x, y } });

network.on("dragging", ({ nodes: [id] }) => {
  if (id === undefined) return;
  Object.assign(nodes.get(id), network.getPosition(id));
  layer.stale = true;
});
network.on("click", ({ nodes: [id] }) => {
  const node = nodes.get(id);
  if (state.pathFrom && node && single(node)) showPath(state.pathFrom, itself(node));
  else select(id ?? null);
});
network.on("doubleClick", ({ nodes: [id] }) => id !== undefined && !single(nodes.get(id)) && open(nodes.get(id)));

// ---- Groups open where they stand: the others make room

const OPENABLE = told.limits.group;
function open(group) {
  if (group.of.length > OPENABLE || single(group)) return;
  // vis-network draws whenever its nodes change: until all is in place, nothing may point at the group.
  Object.assign(state, { selected: null, path: null, pathFrom: null, only: null });
  state.pinned.delete(group.id);
  Object.assign(shown, { nodes: new Set(), edges: [] });
  labels = [];
  const from = group.size;
  const to = 13 * Math.sqrt(group.of.length) + 14;
  for (const node of nodes.values()) {
    const far = Math.hypot(node.x - group.x, node.y - group.y) || 1;
    node.x += ((node.x - group.x) / far) * (to - from);
    node.y += ((node.y - group.y) / far) * (to - from);
  }
  nodes.delete(group.id);
  drawn.remove(group.id);
  const next = Math.max(...nodes.keys(), group.id) + 1;
  const opened = group.of.map((member, i) => {
    const angle = i * Math.PI * (3 - Math.sqrt(5));
    const far = 13 * Math.sqrt(i + 0.5);
    return { ...group, id: next + i, of: [member], size: group.items ? 8 : 7, x: group.x + far * Math.cos(angle), y: group.y + far * Math.sin(angle) };
  });
  for (const node of opened) {
    nodes.set(node.id, node);
    place(node);
  }
  drawn.add(opened.map(visNode));
  drawn.update([...nodes.values()].map(({ id, x, y }) => ({ id, x, y })));
  edges = aggregated();
  connect();
  select(null);
  filter();
}

function aggregated() {
  const found = new Map();
  for (let account = 0; account < accounts.account_id.length; account++) {
    const from = nodeOf.account.get(account);
    for (const i of from === undefined ? [] : touchesOf(account)) {
      const to = nodeOf.item.get(touches.item[i]);
      if (to === undefined) continue;
      const key = `${from} ${to}`;
      const edge = found.get(key) ?? { from, to, bits: 0, total: 0, touches: 0 };
      edge.bits = Math.max(edge.bits, bitsOf(i));
      edge.total += bitsOf(i);
      edge.touches += 1;
      if (touches.first_seen && touches.first_seen[i] !== null) {
        edge.first = Math.min(edge.first ?? Infinity, seconds(touches.first_seen[i]));
        edge.last = Math.max(edge.last ?? -Infinity, seconds(touches.last_seen[i]));
      }
      found.set(key, edge);
    }
  }
  const all = [...found.values()].sort((a, b) => b.total - a.total).slice(0, told.limits.edges);
  for (const edge of all) {
    edge.width = 1 + Math.min(4, edge.touches === 1 ? edge.bits / 6 : Math.log2(edge.touches) / 2);
    edge.dashes = edge.bits < told.limits.weak_bits;
  }
  told.edges_left_out = found.size - all.length;
  return all;
}

// ---- The panel: built of elements and text

function element(tag, { text, ...attributes } = {}, children = []) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}
const told_ = (text) => element("bdi", { text: String(text) });

function icon(shape, colour) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [name, value] of Object.entries({ width: 16, height: 16, viewBox: "-1.25 -1.25 2.5 2.5", "aria-hidden": "true" }))
    svg.setAttribute(name, value);
  path.setAttribute("d", SHAPES[shape]);
  path.setAttribute("fill", colour);
  svg.append(path);
  return svg;
}

function headline() {
  const { cluster_id, tier, score, accounts: size, explanation, evidence } = told.cluster;
  byId("title").append(
    element("span", { class: "id", text: cluster_id }),
    element("span", { class: `tier ${["coordinated", "review", "explained"].includes(tier) ? tier : ""}`, text: tier }),
    element("span", { class: "fact", text: `${count(size)} accounts, score ${Number(score).toFixed(3)}${explanation ? `, best innocent explanation: ${explanation}` : ""}` }),
  );
  byId("evidence").replaceChildren(told_(evidence));
  byId("evidence").title = evidence;
}

function legend() {
  const rows = [[-1, "account", "dot", null, accounts.account_id.length]];
  kinds.forEach((kind, i) => rows.push([i, kind.name, kind.shape, kind.colour, items.kind.filter((k) => k === i).length, kind]));
  byId("legend").replaceChildren(
    ...rows.map(([index, name, shape, colour, number, kind]) => {
      const box = element("input", { type: "checkbox", onchange: () => toggle(index, box) });
      box.checked = !state.off.has(index);
      const label = element("label", { title: kind ? `${kind.meaning} (family ${kind.family})` : "an account of the cluster" }, [
        box, icon(shape, colour ?? dot), element("span", { class: "name" }, [told_(name)]), element("span", { class: "count", text: count(number) }),
      ]);
      return element("li", { class: state.off.has(index) ? "off" : undefined }, [label]);
    }),
  );
}
function toggle(index, box) {
  if (box.checked) state.off.delete(index);
  else state.off.add(index);
  box.closest("li").classList.toggle("off", !box.checked);
  filter();
}

function select(id) {
  state.selected = id;
  state.path = null;
  state.pathFrom = null;
  network.selectNodes(id === null ? [] : [id]);
  if (id === null) state.only = null;
  details(id === null ? null : nodes.get(id));
  filter();
}

function details(node) {
  if (!node) return byId("details").replaceChildren(...overview());
  if (!single(node)) return byId("details").replaceChildren(...groupDetails(node));
  byId("details").replaceChildren(...(node.items ? itemDetails(node.of[0]) : accountDetails(node.of[0])));
}

const facts = (rows) =>
  element("dl", {}, rows.filter(([, value]) => value !== null && value !== undefined && value !== "").flatMap(([name, value]) => [
    element("dt", { text: name }), element("dd", {}, [told_(value)]),
  ]));

function overview() {
  const drawnItems = items.value.length;
  const own = accounts.own.reduce((sum, number) => sum + number, 0);
  return [
    element("h2", { text: "Cluster" }),
    facts([
      ["First seen", told.cluster.first_seen], ["Last seen", told.cluster.last_seen], ["Accounts", count(accounts.account_id.length)],
      ["Shared items", count(drawnItems)], ["Own items", own ? `${count(own)}, on one member each: not drawn` : ""],
      ["Touches left out", told.touches_left_out ? count(told.touches_left_out) : ""],
    ]),
    element("h4", { text: "Strongest items" }),
    list([...items.value.keys()].sort((a, b) => items.bits[b] - items.bits[a]).slice(0, 8).map((i) => itemRow(i))),
    element("p", { class: "hint", text: "Click a node for its details. Keys: / find, f fit, + and − zoom, arrows move, n neighbours, p path, Esc back." }),
  ];
}

function accountDetails(i) {
  const id = nodeOf.account.get(i);
  const rows = touchesOf(i).sort((a, b) => bitsOf(b) - bitsOf(a));
  return [
    element("h2", { text: "Account" }), element("h3", {}, [told_(accounts.account_id[i])]), actions(id),
    facts([
      ["Role", accounts.role[i]], ["Confidence", accounts.confidence[i]], ["Events", accounts.events[i] === null ? "" : count(accounts.events[i])],
      ["Signed up", time(accounts.signed_up[i])], ["First seen", time(accounts.first_seen[i])], ["Last seen", time(accounts.last_seen[i])],
      ["Banned", time(accounts.banned[i])], ["Label", accounts.label[i]],
      ["Own items", accounts.own[i] ? `${count(accounts.own[i])}, not drawn` : ""],
    ]),
    element("h4", { text: "Items it shares" }), list(rows.map((row) => itemRow(touches.item[row], row))),
  ];
}

function itemDetails(i) {
  const id = nodeOf.item.get(i);
  const here = (holders.get(i) ?? []).sort(([, a], [, b]) => bitsOf(b) - bitsOf(a));
  return [
    element("h2", { text: kinds[items.kind[i]].name }), element("h3", {}, [told_(items.value[i])]), actions(id),
    facts([
      ["Members", count(items.here[i])], ["Accounts in all", items.accounts[i] === null ? "" : count(items.accounts[i])],
      ["Gives at most", bitsText(items.bits[i])], ["Use", items.use[i]], ["Reason", items.reason[i]],
      ["Corroboration", items.corroboration[i]], ["Family", kinds[items.kind[i]].family],
    ]),
    element("h4", { text: "Members that touch it" }), list(here.map(([account, row]) => accountRow(account, row))),
  ];
}

function groupDetails(node) {
  const openable = node.of.length <= OPENABLE;
  return [
    element("h2", { text: "Group" }), element("h3", { text: textOf(node) }),
    actions(node.id, openable ? [element("button", { text: "Open", onclick: () => open(node) })] : []),
    element("p", { class: "hint", text: `Drawn as one: ${told.rule}.` }),
    list(node.of.map((member) => (node.items ? itemRow(member) : accountRow(member)))),
  ];
}

const CHUNK = 200;
function list(makers) {
  const made = element("ul", { class: "list" });
  const more = (from) => {
    made.append(...makers.slice(from, from + CHUNK).map((make) => element("li", {}, make())));
    if (from + CHUNK < makers.length) {
      const rest = element("li", { class: "more" }, [
        element("button", { text: `${count(makers.length - from - CHUNK)} more`, onclick: () => { rest.remove(); more(from + CHUNK); } }),
      ]);
      made.append(rest);
    }
  };
  more(0);
  return made;
}
const itemRow = (i, row) => () => {
  const kind = kinds[items.kind[i]];
  return [line_(icon(kind.shape, kind.colour), items.value[i], row === undefined ? bitsText(items.bits[i]) : bitsText(bitsOf(row)), () => reveal("item", i)), ...source(row)];
};
const accountRow = (i, row) => () => [
  line_(icon("dot", dot), accounts.account_id[i], row === undefined ? accounts.role[i] : bitsText(bitsOf(row)), () => reveal("account", i)), ...source(row),
];
const line_ = (sign, text, aside, onclick) =>
  element("button", { onclick }, [sign, element("span", { class: "what" }, [told_(text)]), element("span", { class: "aside", text: aside ?? "" })]);
function source(row) {
  if (row === undefined || !touches.row) return [];
  const when = touches.first_seen[row] === null ? [] : [`${time(touches.first_seen[row])} to ${time(touches.last_seen[row])}`];
  const where = `${count(touches.events[row])} events; ${told.files[touches.file[row]]}, row ${touches.row[row]}`;
  return [...when, where].map((text) => element("div", { class: "row" }, [told_(text)]));
}

function reveal(what, i) {
  const id = nodeOf[what].get(i);
  if (id === undefined) return byId("details").replaceChildren(...(what === "item" ? itemDetails(i) : accountDetails(i)));
  const node = nodes.get(id);
  if (!shown.nodes.has(id)) state.off.delete(node.items ? items.kind[node.of[0]] : -1), legend();
  if (state.only) state.only.add(id);
  select(id);
  if (!single(node)) byId("details").replaceChildren(...(what === "item" ? itemDetails(i) : accountDetails(i)));
  network.moveTo({ position: { x: node.x, y: node.y }, scale: Math.max(network.getScale(), 0.7), animation: !calm() && { duration: 250 } });
}

function actions(id, more = []) {
  if (id === undefined) return element("p", { class: "hint", text: "Not drawn: it is weaker than what is." });
  const pressed = (on) => ({ "aria-pressed": String(Boolean(on)) });
  return element("div", { class: "actions" }, [
    ...more,
    element("button", { text: "Only neighbours", title: "n", ...pressed(state.only), onclick: isolate }),
    ...(single(nodes.get(id)) ? [element("button", { text: "Path to …", title: "p", ...pressed(state.pathFrom), onclick: startPath })] : []),
    element("button", { text: "Pin", ...pressed(state.pinned.has(id)), onclick: () => pin(id) }),
  ]);
}
function isolate() {
  if (state.selected === null) return;
  if (state.only) {
    state.only = null;
  } else {
    const near = neighbours.get(state.selected).map(([id]) => id);
    state.only = new Set([state.selected, ...near, ...(nodes.get(state.selected).items ? [] : near.flatMap((id) => neighbours.get(id).map(([far]) => far)))]);
  }
  details(nodes.get(state.selected));
  filter();
  fit();
}
function pin(id) {
  if (!state.pinned.delete(id)) state.pinned.add(id);
  details(nodes.get(id));
  redraw();
}
function startPath() {
  const node = nodes.get(state.selected);
  if (!node || !single(node)) return;
  state.pathFrom = itself(node);
  byId("details").append(element("p", { class: "hint", id: "asking", text: "Now click the other end, or find it." }));
  byId("asking").scrollIntoView({ block: "nearest" });
}

// The path of fewest steps, over accounts and items themselves: two that only meet in a group share nothing by that.
function pathBetween(from, to) {
  const key = ([what, i]) => `${what} ${i}`;
  const before = new Map([[key(from), null]]);
  let rim = [from];
  while (rim.length && !before.has(key(to))) {
    const next = [];
    for (const at of rim)
      for (const other of beside(at))
        if (!before.has(key(other))) {
          before.set(key(other), at);
          next.push(other);
        }
    rim = next;
  }
  const path = [];
  for (let at = before.has(key(to)) ? to : null; at; at = before.get(key(at))) path.unshift(at);
  return path;
}
// What touches it, the strongest first, as far as it is not filtered away.
function beside([what, i]) {
  const rows = what === "account" ? touchesOf(i).map((touch) => [["item", touches.item[touch]], touch])
    : (holders.get(i) ?? []).map(([account, touch]) => [["account", account], touch]);
  return rows
    .filter(([[kind, other], touch]) => bitsOf(touch) >= state.least &&
      (kind === "item" ? !state.off.has(items.kind[other]) : !state.off.has(-1) && accountInTime(other)))
    .sort(([, a], [, b]) => bitsOf(b) - bitsOf(a)).map(([other]) => other);
}
function showPath(from, to) {
  const path = pathBetween(from, to);
  select(nodeOf[to[0]].get(to[1]) ?? null);
  const through = path.map(([what, i]) => nodeOf[what].get(i));
  state.path = path.length ? through.filter((id, i) => id !== undefined && id !== through[i - 1]) : null;
  byId("details").replaceChildren(
    element("h2", { text: "Path" }),
    path.length ? list(path.map(([what, i]) => (what === "item" ? itemRow(i) : accountRow(i))))
      : element("p", { class: "hint", text: "Nothing that is shown joins the two." }),
  );
  root.dataset.path = String(path.length);
  filter();
  standing = focus();
  fit();
}

// ---- Find

function find(text) {
  const wanted = text.toLowerCase();
  const hits = [];
  const search = (values, row) => {
    for (let i = 0; i < values.length && hits.length < 50; i++) if (values[i].toLowerCase().includes(wanted)) hits.push(row(i));
  };
  if (wanted) {
    search(accounts.account_id, (i) => [icon("dot", dot), accounts.account_id[i], "account", "account", i]);
    search(items.value, (i) => [icon(kinds[items.kind[i]].shape, kinds[items.kind[i]].colour), items.value[i], kinds[items.kind[i]].name, "item", i]);
  }
  const rows = hits.map(([sign, value, aside, what, i]) => () => [line_(sign, value, aside, () => { shut(); choose(what, i); })]);
  byId("hits").replaceChildren(hits.length ? list(rows) : element("p", { class: "hint", text: "Nothing found." }));
  byId("hits").hidden = !wanted;
}
function choose(what, i) {
  if (state.pathFrom) showPath(state.pathFrom, [what, i]);
  else reveal(what, i);
}
const shut = () => { byId("hits").hidden = true; byId("query").blur(); };

// ---- Time

const STEPS = 240;
const stamps = accountTimes.flat().concat(edges.flatMap(({ first, last }) => [first, last])).filter(Number.isFinite);
const begin = stamps.reduce((a, b) => Math.min(a, b), Infinity);
const end = stamps.reduce((a, b) => Math.max(a, b), -Infinity);
const instant = (step) => begin + ((end - begin) * step) / STEPS;
const day = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");

function activity() {
  const bars = new Array(STEPS).fill(0);
  const step = (seconds) => Math.min(STEPS - 1, Math.floor(((seconds - begin) / (end - begin)) * STEPS));
  // How many accounts are between their first and last event: rises and falls added up, then summed.
  for (const [first, last] of accountTimes) {
    if (!Number.isFinite(first)) continue;
    bars[step(first)] += 1;
    if (step(last) + 1 < STEPS) bars[step(last) + 1] -= 1;
  }
  for (let i = 1; i < STEPS; i++) bars[i] += bars[i - 1];
  return bars;
}
function drawActivity() {
  const canvas = byId("activity");
  const sharp = window.devicePixelRatio;
  canvas.width = canvas.clientWidth * sharp;
  canvas.height = canvas.clientHeight * sharp;
  const ctx = canvas.getContext("2d");
  const bars = activity();
  const most = Math.max(...bars, 1);
  const wide = canvas.width / STEPS;
  bars.forEach((value, i) => {
    const on = i >= byId("from").value && i < byId("to").value;
    ctx.fillStyle = on ? accent : line;
    ctx.globalAlpha = on ? 0.55 : 0.25;
    const high = (value / most) * canvas.height;
    const left = Math.round(i * wide);
    ctx.fillRect(left, canvas.height - high, Math.round((i + 1) * wide) - left, high);
  });
}
function slide() {
  const from = Math.min(byId("from").value, byId("to").value);
  const to = Math.max(byId("from").value, byId("to").value);
  state.from = from > 0 ? instant(from) : -Infinity;
  state.to = to < STEPS ? instant(to) : Infinity;
  byId("window").textContent = `${day(instant(from))} to ${day(instant(to))}`;
  drawActivity();
  filter();
}
let running = 0;
function play() {
  clearInterval(running);
  if (running) {
    running = 0;
  } else {
    const wide = Math.min(STEPS / 2, Math.max(12, byId("to").value - byId("from").value));
    let at = 0;
    running = setInterval(() => {
      byId("from").value = at;
      byId("to").value = at + wide;
      slide();
      at += 2;
      if (at + wide > STEPS) play();
    }, 90);
  }
  byId("play").textContent = running ? "Stop" : "Play";
}

// ---- Pictures to keep

function save(blob, name) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
function extent() {
  const all = [...shown.nodes].map((id) => nodes.get(id));
  const [x, y] = ["x", "y"].map((axis) => Math.min(...all.map((node) => node[axis] - node.size)) - 60);
  const [right, bottom] = ["x", "y"].map((axis) => Math.max(...all.map((node) => node[axis] + node.size)) + 60);
  return { all, x, y, width: right - x, height: bottom - y };
}
function picture() {
  const { all, ...box } = extent();
  const scale = Math.min(2, 6000 / Math.max(box.width, box.height));
  const canvas = element("canvas", { width: Math.round(box.width * scale), height: Math.round(box.height * scale) });
  const ctx = canvas.getContext("2d");
  ctx.fillStyle = paper;
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.scale(scale, scale);
  ctx.translate(-box.x, -box.y);
  drawEdges(ctx);
  ctx.globalAlpha = 1;
  ctx.setLineDash([]);
  for (const node of all) drawNode(ctx, node, node.x, node.y, false);
  const screen = (node) => ({ x: node.x - box.x, y: node.y - box.y });
  for (const label of labelled(all, screen, 1, box.width, box.height)) drawLabel(ctx, label, 1);
  return canvas;
}
const png = () => picture().toBlob((blob) => save(blob, `${told.cluster.cluster_id}.png`));
const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`).replace(/[\uD800-\uDFFF\uFFFE\uFFFF]/gu, "\uFFFD");
function svg() {
  const { all, x, y, width, height } = extent();
  const lines = shown.edges.map((edge) => {
    const [a, b] = [nodes.get(edge.from), nodes.get(edge.to)];
    const { alpha, colour } = edgeLook(edge);
    const dashes = edge.dashes ? ' stroke-dasharray="5 4"' : "";
    return `<line x1="${a.x}" y1="${a.y}" x2="${b.x}" y2="${b.y}" stroke="${colour}" stroke-width="${edge.width}" opacity="${alpha}"${dashes}/>`;
  });
  const shapes = all.map((node) => {
    const { fill, rim } = colours(node);
    return `<path d="${SHAPES[node.shape]}" transform="translate(${node.x} ${node.y}) scale(${node.size})" fill="${fill}" stroke="${rim}" stroke-width="${1.5 / node.size}"><title>${escaped(shortened(textOf(node)))}</title></path>`;
  });
  const screen = (node) => ({ x: node.x - x, y: node.y - y });
  const anchor = { center: "middle", left: "start", right: "end" };
  const texts = labelled(all, screen, 1, width, height).map(({ node, text, dx, dy, align }) =>
    `<text x="${node.x + dx}" y="${node.y + dy}" text-anchor="${anchor[align]}" dominant-baseline="central">${escaped(text)}</text>`);
  const written = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${x} ${y} ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="${ink}"><rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${paper}"/>${lines.join("")}${shapes.join("")}${texts.join("")}</svg>`;
  save(new Blob([written], { type: "image/svg+xml" }), `${told.cluster.cluster_id}.svg`);
}

// ---- Light and dark

function theme(name) {
  root.dataset.theme = name;
  readColours();
  byId("theme").textContent = name === "dark" ? "Light" : "Dark";
  legend();
  details(state.selected === null ? null : nodes.get(state.selected));
  if (!byId("time").hidden) drawActivity();
  redraw();
}

// ---- Keys and buttons

const keys = {
  "/": () => byId("query").select(), Escape: () => { shut(); byId("query").value = ""; select(null); },
  f: () => fit(), n: isolate, p: startPath, t: () => theme(root.dataset.theme === "dark" ? "light" : "dark"),
  "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8),
  ArrowLeft: () => pan(80, 0), ArrowRight: () => pan(-80, 0), ArrowUp: () => pan(0, 80), ArrowDown: () => pan(0, -80),
};
document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLInputElement;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (byId("hits").contains(event.target) || event.target === byId("query")) {
    const rows = [byId("query"), ...byId("hits").querySelectorAll("button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) rows[Math.max(0, Math.min(rows.length - 1, rows.indexOf(event.target) + step))].focus();
    else if (event.key === "Enter" && event.target === byId("query")) rows[1]?.click();
    if (step || event.key === "Enter" && event.target === byId("query")) event.preventDefault();
    if (event.key !== "Escape") return;
  } else if (typing && event.key !== "Escape") return;
  if (!Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
});
byId("query").addEventListener("input", (event) => find(event.target.value));
byId("bits").addEventListener("input", (event) => {
  state.least = Number(event.target.value);
  byId("least").textContent = bitsText(state.least);
  filter();
});
for (const [id, act] of Object.entries({ in: keys["+"], out: keys["-"], fit: keys.f, theme: keys.t, png, svg, print: () => window.print(), play }))
  byId(id).addEventListener("click", act);
for (const id of ["from", "to"]) byId(id).addEventListener("input", slide);
window.addEventListener("resize", redraw);
// Paper is white, and has no use for what the screen happens to show: print all of it, in the light colours.
window.addEventListener("beforeprint", () => {
  root.dataset.screen = root.dataset.theme;
  theme("light");
  byId("printed").replaceChildren(picture());
});
window.addEventListener("afterprint", () => {
  theme(root.dataset.screen);
  byId("printed").replaceChildren();
});

headline();
byId("bits").max = Math.ceil(Math.max(1, ...edges.map((edge) => edge.bits)));
byId("least").textContent = bitsText(0);
byId("time").hidden = !(end > begin);
const wished = window.matchMedia("(prefers-color-scheme: dark)");
wished.addEventListener("change", () => theme(wished.matches ? "dark" : "light"));
theme(wished.matches ? "dark" : "light");
filter();
if (!byId("time").hidden) slide();
fit(false);

"use strict";
// The picture: vis-network moves the view and finds what is under the pointer; shapes, lines and labels are ours.

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

// The palette was made for white paper: on dark, what is too dark is lightened, and on white what is too light is
// darkened, until it stands out.
const channels = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
const brightness = (colour) => channels(colour).reduce((sum, part, i) => sum + part * [0.3, 0.59, 0.11][i], 0);
function readable(colour) {
  const wanted = root.dataset.theme === "dark" ? Math.max(brightness(colour), 115) : Math.min(brightness(colour), 160);
  const now = brightness(colour);
  if (wanted === now) return colour;
  const [end, share] = wanted > now ? [255, (wanted - now) / (255 - now)] : [0, 1 - wanted / now];
  return `#${channels(colour).map((part) => Math.round(part + (end - part) * share).toString(16).padStart(2, "0")).join("")}`;
}

function colours(node) {
  const own = node.items ? readable(node.color) : dot;
  return { fill: hollow(node) ? paper : own, rim: hollow(node) ? own : paper };
}

// Nodes that stand out, the labels that found room, and whether the view moves.
let standing = new Set();
let labels = [];
let settle = 0;
let lastView = "";
const moving = () => settle !== 0;
// All is drawn into a picture of its own, which is moved while the view moves: 6,000 lines and 1,400 nodes take some
// 200 ms without a graphics card, a picture 5 (measured).
const layer = { canvas: document.createElement("canvas"), box: null, view: "", stale: true };

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
    // The others are in the layer.
    drawNode: () => (hover || id === state.selected || state.pinned.has(id)) && drawNode(ctx, node, x, y, hover),
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
  if (node.size * network.getScale() < 7) return; // too small to be read
  ctx.save();
  ctx.globalAlpha = standing.size && !standing.has(node.id) ? 0.13 : 1;
  ctx.font = `600 ${Math.min(15 / network.getScale(), node.size * 0.9)}px system-ui, sans-serif`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillStyle = contrast(colours(node).fill);
  ctx.fillText(count(node.of.length), x, y);
  ctx.restore();
}
function contrast(colour) {
  return brightness(colour) > 140 ? "#14171b" : "#ffffff";
}


// vis-network draws whenever something is told to it; until the page has said all, that is for nothing.
let begun = false;

network.on("beforeDrawing", (ctx) => {
  if (!begun) return;
  standing = focus();
  const scale = network.getScale();
  const { x, y } = network.getViewPosition();
  const view = `${scale} ${x} ${y}`;
  if (lastView && view !== lastView) {
    clearTimeout(settle);
    settle = setTimeout(() => { settle = 0; redraw(false); }, 140);
  }
  lastView = view;
  if (layer.stale || (!moving() && view !== layer.view) || leaves(scale, x, y)) drawLayer(scale, x, y);
  ctx.drawImage(layer.canvas, layer.box.x, layer.box.y, layer.box.width, layer.box.height);
});

// Whether the view shows what is not in the layer.
function leaves(scale, x, y) {
  const [far, high] = [byId("graph").clientWidth / scale / 2, byId("graph").clientHeight / scale / 2];
  const { box } = layer;
  return x - far < box.x || x + far > box.x + box.width || y - high < box.y || y + high > box.y + box.height;
}

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
  ctx.globalAlpha = 1;
  ctx.setLineDash([]);
  for (const id of shown.nodes) {
    const node = nodes.get(id);
    if (meets(node, node, layer.box)) drawNode(ctx, node, node.x, node.y, false);
  }
  Object.assign(layer, { stale: false, view: `${scale} ${x} ${y}` });
}

const onPath = (edge) => state.path.some((id, i) =>
  id === edge.from && (state.path[i - 1] === edge.to || state.path[i + 1] === edge.to));
const standsOut = (edge) => state.path ? onPath(edge)
  : (edge.from === state.selected && standing.has(edge.to)) || (edge.to === state.selected && standing.has(edge.from));

function edgeLook(edge) {
  const out = standing.size > 0 && standsOut(edge);
  const item = nodes.get(edge.to);
  const calmly = (edge.dashes ? 0.75 : 1) * Math.min(0.75, Math.max(0.1, 10 / Math.sqrt(shown.edges.length)));
  return { out, alpha: standing.size ? (out ? 0.95 : 0.05) : calmly, colour: hollow(item) ? line : readable(item.color) };
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

function redraw(changed = true) {
  layer.stale ||= changed;
  if (!moving()) labels = [];
  if (begun) network.redraw();
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
  else ask(id ?? null);
});
// Who looks for the other end of a path in a group is shown its members, and chooses among them.
function ask(id) {
  const from = state.pathFrom;
  select(id);
  if (id !== null) state.pathFrom = from;
}
network.on("doubleClick", ({ nodes: [id] }) => id !== undefined && !single(nodes.get(id)) && open(nodes.get(id)));

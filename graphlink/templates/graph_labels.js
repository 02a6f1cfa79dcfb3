"use strict";
// Labels: the most telling first, each only where it covers no node and no other label.
network.on("afterDrawing", (ctx) => {
  if (!begun) return;
  const scale = network.getScale();
  if (!moving() || !labels.length) labels = placeLabels(scale, network.getViewPosition());
  for (const label of labels) drawLabel(ctx, label, scale);
  root.dataset.drawn = "1";
});

const CELL = 6;
// A reader of a small cluster wants to know who is in it, one of a large cluster what holds it together.
const FEW = 60;
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
    if (!node.items && node.size * scale < 4.5 && inside.length > 80 && accounts.account_id.length > FEW && !standing.has(node.id)) continue;
    // A group of accounts bears its number; one of items is named where it is large enough to be told apart.
    if (!single(node) && (!node.items || node.size * scale < 9)) continue;
    const text = shortened(textOf(node));
    const wide = ctx.measureText(text).width;
    const r = node.size * scale + 4;
    const spots = [[0, r + 8, "center"], [0, -r - 8, "center"], [r, 0, "left"], [-r, 0, "right"]];
    for (const [dx, dy, align] of spots) {
      const left = at.x + dx - (align === "center" ? wide / 2 : align === "right" ? wide : 0);
      const covered = cells(left - 3, at.y + dy - 8, wide + 6, 16);
      const cut = left < 2 || left + wide > width - 2;
      if ((cut || covered.some((cell) => taken.has(cell))) && node.id !== state.selected) continue;
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
  (node.items ? 1e3 * (hollow(node) ? 0 : neighbours.get(node.id).length) + 1 : accounts.account_id.length <= FEW ? 1e5 : 0);
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

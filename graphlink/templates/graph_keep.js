"use strict";
// Pictures to keep: PNG, SVG and paper.

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
// Names have the size that is read at `near`, pixels of the page for each of the graph.
function picture(near = () => 1) {
  const { all, ...box } = extent();
  const close = near(box);
  const scale = Math.min(2, 4000 / Math.max(box.width, box.height));
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
  const screen = (node) => ({ x: (node.x - box.x) * close, y: (node.y - box.y) * close });
  for (const label of labelled(all, screen, close, box.width * close, box.height * close)) drawLabel(ctx, label, close);
  return canvas;
}
// A4 across, in pixels of the style sheet: what a printed name is read at.
const onPaper = ({ width, height }) => Math.min(1, 1030 / width, 560 / height);
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

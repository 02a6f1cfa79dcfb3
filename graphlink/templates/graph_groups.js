"use strict";
// Groups open where they stand: the others make room.

const OPENABLE = told.limits.group;
function open(group) {
  if (group.of.length > OPENABLE || single(group)) return;
  // vis-network draws whenever its nodes change: until all is in place, nothing may point at the group.
  Object.assign(state, { selected: null, chosen: null, path: null, pathFrom: null, only: null });
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

"use strict";
// What is shown: filters, and what stands out.

const state = {
  off: new Set(), least: 0, from: -Infinity, to: Infinity,
  selected: null, chosen: null, only: null, path: null, pathEdges: [], pathFrom: null, pinned: new Set(),
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
  if (state.path) shown.edges.push(...state.pathEdges);
  // An item is there because accounts share it: without an edge that is shown it goes, unless accounts are switched off.
  const touched = new Set(shown.edges.flatMap((edge) => [edge.from, edge.to]));
  if (!state.off.has(-1))
    for (const node of nodes.values()) if (node.items && !touched.has(node.id)) shown.nodes.delete(node.id);
  hide();
  redraw();
  byId("note").textContent = note();
  countShown();
}

function note() {
  if (!accounts.account_id.length) return "Who the accounts are and what they share was left out of this file: there is nothing to draw.";
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
  const near = shownNeighbours(state.selected).map(([id]) => id);
  const own = state.chosen && !single(nodes.get(state.selected)) ? ends(state.chosen) : near;
  return new Set([state.selected, ...near.filter((id) => own.includes(id))]);
}
// The nodes that stand for what an account or item touches: of a group only these have to do with it.
const ends = ([what, i]) => what === "account" ? touchesOf(i).map((touch) => nodeOf.item.get(touches.item[touch]))
  : (holders.get(i) ?? []).map(([account]) => nodeOf.account.get(account));
const shownNeighbours = (id) => {
  const visible = new Set(shown.edges);
  return neighbours.get(id).filter(([, edge]) => visible.has(edge));
};

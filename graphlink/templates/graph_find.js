"use strict";
// Find, and paths.

function find(text) {
  const wanted = text.toLowerCase();
  const hits = [];
  const search = (values, row) => {
    for (let i = 0; i < values.length && hits.length < 50; i++) if (values[i].toLowerCase().includes(wanted)) hits.push(row(i));
  };
  if (wanted) {
    search(accounts.account_id, (i) => [icon("dot", dot), accounts.account_id[i], "account", "account", i]);
    search(items.value, (i) => [icon(kinds[items.kind[i]].shape, readable(kinds[items.kind[i]].colour)), items.value[i], kinds[items.kind[i]].name, "item", i]);
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

function startPath() {
  if (!state.chosen) return;
  state.pathFrom = state.chosen;
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
// The edges of a path that are too weak to be among those that are drawn.
function leftOut(path) {
  const found = [];
  for (let i = 1; i < path.length; i++) {
    const [[, account], [, item]] = path[i][0] === "item" ? [path[i - 1], path[i]] : [path[i], path[i - 1]];
    const [from, to] = [nodeOf.account.get(account), nodeOf.item.get(item)];
    if (from === undefined || to === undefined || neighbours.get(from).some(([id]) => id === to)) continue;
    const bits = bitsOf(touchesOf(account).find((touch) => touches.item[touch] === item));
    found.push({ from, to, bits, width: 1 + Math.min(4, bits / 6), dashes: bits < told.limits.weak_bits });
  }
  return found;
}
function showPath(from, to) {
  const path = pathBetween(from, to);
  select(nodeOf[to[0]].get(to[1]) ?? null);
  const through = path.map(([what, i]) => nodeOf[what].get(i));
  state.path = path.length ? through.filter((id, i) => id !== undefined && id !== through[i - 1]) : null;
  state.pathEdges = leftOut(path);
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

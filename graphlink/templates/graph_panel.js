"use strict";
// The panel: built of elements and text.

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

function select(id) {
  state.selected = id;
  state.chosen = id !== null && single(nodes.get(id)) ? itself(nodes.get(id)) : null;
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
      ["First seen", time(told.cluster.first_seen)], ["Last seen", time(told.cluster.last_seen)], ["Accounts", count(told.cluster.accounts)],
      ["Shared items", drawnItems ? count(drawnItems) : ""], ["Own items", own ? `${count(own)}, on one member each: not drawn` : ""],
      ["Touches left out", told.touches_left_out ? count(told.touches_left_out) : ""],
    ]),
    drawnItems ? element("h4", { text: "Strongest items" }) : "",
    list([...items.value.keys()].sort((a, b) => items.bits[b] - items.bits[a]).slice(0, 8).map((i) => itemRow(i))),
    element("p", { class: "hint", text: "Click a node for its details. Keys: / find, f fit, + and − zoom, arrows move, n neighbours, p path, k pin, t light or dark, Esc back. Times are UTC." }),
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
  return [line_(icon(kind.shape, readable(kind.colour)), items.value[i], row === undefined ? bitsText(items.bits[i]) : bitsText(bitsOf(row)), () => choose("item", i)), ...source(row)];
};
const accountRow = (i, row) => () => [
  line_(icon("dot", dot), accounts.account_id[i], row === undefined ? accounts.role[i] : bitsText(bitsOf(row)), () => choose("account", i)), ...source(row),
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
  state.chosen = [what, i];
  redraw();
  if (!single(node)) byId("details").replaceChildren(...(what === "item" ? itemDetails(i) : accountDetails(i)));
  network.moveTo({ position: { x: node.x, y: node.y }, scale: Math.max(network.getScale(), 0.7), animation: !calm() && { duration: 250 } });
}

function actions(id, more = []) {
  if (id === undefined) return element("p", { class: "hint", text: "Not drawn: it is weaker than what is." });
  const pressed = (on) => ({ "aria-pressed": String(Boolean(on)) });
  return element("div", { class: "actions" }, [
    ...more,
    element("button", { text: "Only neighbours", title: "n", ...pressed(state.only), onclick: isolate }),
    ...(state.chosen ? [element("button", { text: "Path to …", title: "p", ...pressed(state.pathFrom), onclick: startPath })] : []),
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

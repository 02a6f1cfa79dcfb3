"use strict";
// The legend: it counts what is shown, and switches kinds and whole families off and on.

function legend() {
  const families = Map.groupBy(kinds.keys(), (i) => kinds[i].family);
  const rows = [legendRow([-1], "account", icon("dot", dot), "an account of the cluster")];
  for (const [family, members] of families) {
    if (members.length > 1) rows.push(legendRow(members, family, "", `all kinds of the family ${family}`));
    for (const i of members) rows.push(kindRow(i, members.length > 1));
  }
  byId("legend").replaceChildren(...rows);
  countShown();
}

function kindRow(i, inside) {
  const { name, family, meaning, shape, colour } = kinds[i];
  const row = legendRow([i], name, icon(shape, readable(colour)), `${meaning} (family ${family})`);
  row.classList.toggle("inside", inside);
  return row;
}

// A row that switches some kinds (-1: accounts); `sign` is its icon, or empty for a family.
function legendRow(switched, name, sign, title) {
  const box = element("input", { type: "checkbox", onchange: () => toggle(switched, box.checked) });
  box.checked = switched.some((i) => !state.off.has(i));
  box.indeterminate = box.checked && switched.some((i) => state.off.has(i));
  const label = element("label", { title }, [
    box, sign, element("span", { class: "name" }, [told_(name)]), element("span", { class: "count", "data-kinds": switched.join() }),
  ]);
  return element("li", { class: `${sign ? "" : "family"} ${box.checked ? "" : "off"}` }, [label]);
}

function toggle(switched, on) {
  for (const i of switched) if (on) state.off.delete(i); else state.off.add(i);
  const at = document.activeElement?.closest?.("#legend li");
  const position = at ? [...byId("legend").children].indexOf(at) : -1;
  legend();
  byId("legend").children[position]?.querySelector("input").focus();
  filter();
}

function countShown() {
  const total = new Map([[-1, accounts.account_id.length]]);
  for (const kind of items.kind) total.set(kind, (total.get(kind) ?? 0) + 1);
  const seen = new Map();
  for (const id of shown.nodes) {
    const node = nodes.get(id);
    const kind = node.items ? items.kind[node.of[0]] : -1;
    seen.set(kind, (seen.get(kind) ?? 0) + (node.items ? node.of.length : node.of.filter(accountInTime).length));
  }
  const sum = (of, kinds_) => kinds_.reduce((all, i) => all + (of.get(i) ?? 0), 0);
  for (const span of byId("legend").querySelectorAll(".count")) {
    const switched = span.dataset.kinds.split(",").map(Number);
    const [now, all] = [sum(seen, switched), sum(total, switched)];
    span.textContent = now === all ? count(all) : `${count(now)} of ${count(all)}`;
  }
}

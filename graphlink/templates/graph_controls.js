"use strict";
// Light and dark, keys and buttons; then it begins.

function theme(name) {
  root.dataset.theme = name;
  readColours();
  byId("theme").textContent = name === "dark" ? "Light" : "Dark";
  legend();
  details(state.selected === null ? null : nodes.get(state.selected));
  if (!byId("time").hidden) drawActivity();
  redraw();
}

const keys = {
  "/": () => byId("query").select(), Escape: () => { shut(); byId("query").value = ""; select(null); },
  f: () => fit(), n: isolate, p: startPath, k: () => state.selected !== null && pin(state.selected), t: () => theme(root.dataset.theme === "dark" ? "light" : "dark"),
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
  paper = "#ffffff";
  byId("printed").replaceChildren(picture(onPaper));
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
network.redraw(); // it has room for what is shown only now
fit(false);
begun = true;
redraw();

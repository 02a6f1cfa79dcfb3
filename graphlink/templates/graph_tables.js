"use strict";
// The tables of the page, and the nodes and edges that stand for them: numbers into the tables. Every string of `told` was
// written by whoever signed up: it reaches the page as text only (textContent, fillText), never as markup.

const told = JSON.parse(document.getElementById("content").textContent);
const { accounts, items, touches, kinds } = told;
const byId = (id) => document.getElementById(id);
const root = document.documentElement;

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

// Instants are whole seconds, or text where the records say more; people read them to the minute, in UTC.
const seconds = (value) => (typeof value === "number" ? value : Date.parse(value) / 1000);
const minute = (value) => new Date(value * 1000).toISOString().slice(0, 16).replace("T", " ");
const time = (value) => (value === null || value === "" ? "" : Number.isNaN(seconds(value)) ? value : minute(seconds(value)));
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

"use strict";
// Sorting and filtering are a convenience: without script the page shows all its rows in their order.

const inOrder = new Intl.Collator("en", { numeric: true }).compare;
const keyOf = (row, column) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();

function compare(a, b) {
  const difference = Number(a) - Number(b);
  return a === "" || b === "" || Number.isNaN(difference) ? inOrder(a, b) : difference;
}

function sort(table, heading) {
  const descending = heading.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const rows = Array.from(table.tBodies[0].rows, (row) => [keyOf(row, heading.cellIndex), row]);
  rows.sort(([a], [b]) => (descending ? compare(b, a) : compare(a, b)));
  table.tBodies[0].append(...rows.map(([, row]) => row));
}

function makeSortable(table) {
  for (const heading of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sort(table, heading));
    heading.append(button);
  }
}

function makeFilter(table) {
  const field = document.createElement("input");
  const count = document.createElement("output");
  const label = document.createElement("label");
  const rows = [...table.tBodies[0].rows];
  field.type = "search";
  label.className = "filter";
  label.append("Filter ", field, " ", count);
  field.addEventListener("input", () => {
    const wanted = field.value.toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    count.textContent = wanted ? `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows` : "";
  });
  table.closest(".scroll").before(label);
}

document.querySelectorAll("table.sortable").forEach(makeSortable);
document.querySelectorAll("table.filtered").forEach(makeFilter);

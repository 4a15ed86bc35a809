// What any page gains with a script: a theme button, and tables that sort. Without it the page is whole.
"use strict";

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const make = (tag, facts = {}) => Object.assign(document.createElement(tag), facts);

// ---- theme: the system's, until the reader says otherwise

const memory = {
  get: () => { try { return localStorage.getItem("theme"); } catch { return null; } },
  set: (theme) => { try { localStorage.setItem("theme", theme); } catch { /* forbidden: then it is not remembered */ } },
};

const setTheme = (theme) => { if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme; };
setTheme(memory.get()); // before anything is drawn

function themeButton() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const now = () => document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light");
  const other = () => (now() === "dark" ? "light" : "dark");
  const button = make("button", { id: "theme", type: "button" });
  const label = () => {
    button.textContent = other() === "dark" ? "Dark" : "Light";
    button.ariaLabel = `${button.textContent} colours`;
  };
  button.addEventListener("click", () => { setTheme(other()); memory.set(now()); label(); });
  system.addEventListener("change", label);
  label();
  document.body.prepend(button);
}

// ---- tables: a click sorts (numbers the largest first), the next reverses, the third restores; ties keep their order

function keyOf(cell) {
  const text = [...cell.childNodes].map((node) => node.textContent).join(" ").trim(); // two lines are two words
  return cell.dataset.key ?? (text === "–" ? "" : text);
}

function sortable(table) {
  const body = table.tBodies[0], original = [...body.rows], heads = [...table.tHead.rows[0].cells];
  let column = -1, way = 0;
  const sort = () => {
    const keys = new Map(original.map((row) => [row, column < 0 ? "" : keyOf(row.cells[column])]));
    const numbers = [...keys.values()].every((key) => !Number.isNaN(Number(key)));
    const compare = numbers ? (a, b) => a - b || 0 : (a, b) => a.localeCompare(b, "en", { numeric: true });
    const order = (numbers ? -1 : 1) * way;
    body.append(...original.toSorted((first, second) => {
      const [a, b] = [keys.get(first), keys.get(second)];
      return way === 0 ? 0 : (a === "") - (b === "") || order * compare(a, b);
    }));
    heads.forEach((head, k) => {
      if (k !== column || way === 0) head.removeAttribute("aria-sort");
      else head.setAttribute("aria-sort", order > 0 ? "ascending" : "descending");
    });
  };
  heads.forEach((head, k) => {
    const button = make("button", { type: "button" });
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      way = k !== column ? 1 : way === 1 ? -1 : way === -1 ? 0 : 1;
      column = k;
      sort();
    });
  });
  return sort;
}

// ----

const resort = new Map(); // from a table to the function that sorts it again, when its cells have changed

document.addEventListener("DOMContentLoaded", () => {
  themeButton();
  for (const table of all("table[data-sortable]")) resort.set(table, sortable(table));
});

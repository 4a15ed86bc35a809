// The live figure of a run's report, one dot a task, and the filters that it shares with the verdict table; comes after
// report.js. The data are those of figures/live.py. Text from them enters by textContent alone.

// ---- numbers as the rest of the page writes them: three digits

function number(value, digits = 3) {
  if (value === null || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  const [mantissa, power] = value.toExponential(digits - 1).split("e").map(Number);
  if (power >= -4 && power < digits) return String(Number(value.toPrecision(digits)));
  return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

const middle = (sorted) => sorted.length ? (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2 : NaN;

// ---- the live figure

const MARKS = { // around (0, 0); vacuous and inapplicable are hollow
  holds: "M-3.2 0a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0-6.4 0z", vacuous: "M-3-3h6v6h-6z",
  inconclusive: "M0-4.4L4.4 0L0 4.4L-4.4 0z", inapplicable: "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z",
  failed: "M-3.5-3.5L3.5 3.5M-3.5 3.5L3.5-3.5",
  violated: "M-6-3.5L-3.5-6L0-2.5L3.5-6L6-3.5L2.5 0L6 3.5L3.5 6L0 2.5L-3.5 6L-6 3.5L-2.5 0z",
};
const EDGE = { left: 64, right: 70, top: 14, bottom: 46 }; // pixels around the plot; at its right, what has no bound
const NEAR = 24; // pixels within which the pointer takes a dot

function draw(tag, facts, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(facts)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** A tick: 0.01, 1000, 10⁻⁷. */
function power(value) {
  if (value > 0.0009 && value < 2000) return number(value, 4);
  const [mantissa, exponent] = value.toExponential(0).split("e");
  const raised = [...exponent.replace("+", "")].map((c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("");
  return `${mantissa === "1" ? "" : `${mantissa}·`}10${raised}`;
}

/** A logarithmic axis from `low` to `high`: where a value stands in 0…1, what is beyond at the ends; ticks at powers
 * of ten, at most so many. */
function axis(low, high, most) {
  const [from, to] = [Math.log10(low), Math.log10(high)], step = Math.ceil((to - from) / most);
  const share = (v) => (v > 0 ? Math.min(1, Math.max(0, (Math.log10(v) - from) / (to - from))) : 0);
  const subs = 3 * (to - from) < most ? [1, 2, 5] : [1], ticks = [];
  for (let decade = Math.floor(from); decade <= to; decade++)
    if (decade % step === 0) ticks.push(...subs.map((s) => s * 10 ** decade).filter((v) => v >= low && v <= high));
  return { share, ticks, top: high };
}

/** Both axes: one lower end, so that the line begins in the corner, at most six decades below the largest measurement. */
function axes(bounds, measured, most) {
  const usable = (values) => values.filter((v) => Number.isFinite(v) && v > 0);
  const [across, up] = [usable(bounds), usable(measured)];
  if (!up.length) return [axis(0.1, 10, most), axis(0.1, 10, most)];
  const low = Math.max(Math.min(...across, ...up), 1e-6 * Math.max(...up)) / 1.5;
  return [across, up].map((values) => axis(low, Math.max(3 * low, 2 * Math.max(0, ...values)), most));
}

function live(form, data) {
  const { claims, tasks, families, outcomes } = data, table = one("#verdicts table"), rows = [...table.tBodies[0].rows];
  const svg = one("svg[role]", form), field = form.elements;
  const columns = Object.fromEntries([...table.tHead.rows[0].cells].map((cell, k) => [cell.textContent.trim(), k]));
  let dots = [], pinned = null;
  const real = (v) => (typeof v === "string" ? Number(v) : v); // "Infinity" is text in JSON
  for (const claim of claims) {
    for (const side of ["value", "measured"]) claim[side] = claim[side].map(real);
    for (const k of Object.keys(claim.interval)) claim.interval[k] = claim.interval[k].map(real);
  }

  const ratio = (claim, k) => claim.measured[k] === null || claim.value[k] === null ? NaN
    : claim.measured[k] === 0 ? 0 : claim.measured[k] / claim.value[k];
  const chosen = (name) => new Set(new FormData(form).getAll(name));
  const nameOf = (claim) => `${claim.bound}/${claim.quantity}`;
  const claimShown = () => claims[field.claim.value];

  function choose() { // the tasks of the chosen families, as a test on the number of a task
    const wanted = chosen("family"), inside = families.map((name) => !wanted.size || wanted.has(name));
    return (task) => inside[tasks.family[task]];
  }

  function count(inside) {
    const shown = tasks.name.filter((_, k) => inside(k)).length;
    for (const place of all(".shown")) place.textContent = `Showing ${shown} of ${tasks.name.length} tasks`;
    claims.forEach((claim, c) => {
      const here = claim.task.map((_, k) => k).filter((k) => inside(claim.task[k]));
      const facts = Object.fromEntries(outcomes.map((name) => [name, 0]));
      for (const k of here) facts[outcomes[claim.outcome[k]]] += 1;
      const compared = here.filter((k) => k < claim.compared), ratios = compared.map((k) => ratio(claim, k));
      const worst = compared.find((k) => data.decided.includes(outcomes[claim.outcome[k]]));
      Object.assign(facts, {
        tasks: here.length, applicable: here.length - facts.inapplicable, "median ratio": middle(ratios),
        "worst ratio": worst === undefined ? NaN : ratio(claim, worst),
        "worst task": worst === undefined ? "" : tasks.name[claim.task[worst]],
      });
      for (const [name, value] of Object.entries(facts)) {
        const cell = rows[c].cells[columns[name]];
        cell.textContent = typeof value === "string" ? value : number(value, Number.isInteger(value) ? 15 : 3);
        if (typeof value !== "string") cell.dataset.key = Number.isNaN(value) ? "" : value;
        if (typeof value === "number") cell.className = value === 0 ? "n soft" : name === "violated" ? "n loud" : "n";
      }
      rows[c].hidden = field.bound.value !== "" && claim.bound !== field.bound.value;
    });
    resort.get(table)();
  }

  function plot(inside) {
    const claim = claimShown(), wanted = chosen("outcome");
    const shown = claim.task.map((_, k) => k)
      .filter((k) => inside(claim.task[k]) && (!wanted.size || wanted.has(outcomes[claim.outcome[k]])));
    const measured = shown.filter((k) => claim.measured[k] !== null);
    const width = Math.max(300, svg.clientWidth || 700), height = Math.min(500, Math.round(width * 0.8));
    const right = width - EDGE.right, floor = height - EDGE.bottom, wide = right - EDGE.left, tall = floor - EDGE.top;
    const reach = 1e3 * Math.max(0, ...measured.map((k) => claim.measured[k])); // what is farther stands at the edge
    const both = measured.filter((k) => claim.value[k] !== null), own = both.length ? both : measured;
    const [x, y] = axes(own.map((k) => Math.min(claim.value[k] ?? NaN, reach)), own.map((k) => claim.measured[k]), wide / 60);
    const across = (v) => EDGE.left + x.share(v) * wide, up = (v) => floor - y.share(v) * tall;
    const corner = Math.min(x.top, y.top), ends = `${across(corner)} ${up(corner)}`; // where the line leaves the plot
    const parts = [draw("path", { class: "forbidden", d: `M${EDGE.left} ${floor}V${EDGE.top}H${across(corner)}L${ends}z` })];
    const line = (x1, y1, x2, y2, kind) => parts.push(draw("line", { x1, y1, x2, y2, class: kind }));
    const say = (text, x, y, facts = {}) => parts.push(draw("text", { x, y, ...facts }, text));
    for (const tick of x.ticks) {
      line(across(tick), EDGE.top, across(tick), floor, "grid");
      say(power(tick), across(tick), floor + 17, { "text-anchor": "middle" });
    }
    for (const tick of y.ticks) {
      line(EDGE.left, up(tick), right, up(tick), "grid");
      say(power(tick), EDGE.left - 8, up(tick) + 4, { "text-anchor": "end" });
    }
    line(EDGE.left, floor, across(corner), up(corner), "identity");
    parts.push(draw("rect", { class: "frame", x: EDGE.left, y: EDGE.top, width: wide, height: tall }));
    say("bound →", (EDGE.left + right) / 2, height - 8, { "text-anchor": "middle" });
    say("measured →", 0, 0, { "text-anchor": "middle", transform: `translate(14 ${(EDGE.top + floor) / 2}) rotate(-90)` });
    say(wide < 420 ? "violated" : "violated: above the line", EDGE.left + 10, EDGE.top + 20, { class: "warn" });
    say("no bound", right + EDGE.right / 2, height - 8, { "text-anchor": "middle" });
    const beside = (place) => right + 14 + ((place * 0.618) % 1) * (EDGE.right - 28); // without a bound, apart from each other
    dots = measured.map((k, place) => ({ k, kind: outcomes[claim.outcome[k]], interval: claim.interval[k],
      x: claim.value[k] === null ? beside(place) : across(claim.value[k]), y: up(claim.measured[k]) }));
    for (const { x, interval } of dots)
      if (interval && x <= right) line(x, up(interval[0]), x, up(interval[1]), "bar");
    for (const { x, y, kind } of dots.toReversed()) // the largest ratios on top
      parts.push(draw("path", { class: `dot ${kind}`, d: MARKS[kind], transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` }));
    parts.push(draw("circle", { class: "ring", r: 8, visibility: "hidden" }));
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.replaceChildren(...parts);
    const lost = shown.length - measured.length, more = lost ? `; ${lost} more without a measured number` : "";
    one(".title", form).textContent = claim.title || nameOf(claim);
    one("figcaption", form).textContent = `${claim.bound} · ${claim.quantity}: the bound against what was measured, `
      + `${dots.length} ${dots.length === 1 ? "dot, a task" : "dots, one a task"}${more}. Below the line the bound holds. `
      + "Both axes are logarithmic; what lies beyond them stands at their ends. Bars: intervals.";
    field.dot.max = Math.max(0, dots.length - 1);
    field.dot.disabled = !dots.length;
    pin(Math.max(0, dots.findIndex((dot) => tasks.name[claim.task[dot.k]] === pinned)), false);
  }

  function tell(place) { // the ring around a dot, and what is known of its task
    const claim = claimShown(), dot = dots[place], ring = one(".ring", svg);
    ring.setAttribute("visibility", dot ? "visible" : "hidden");
    one(".task dl", form).replaceChildren();
    one(".task h3", form).textContent = dot ? tasks.name[claim.task[dot.k]] : "No dot to show";
    one(".command", form).textContent = dot ? command(tasks.name[claim.task[dot.k]]) : "";
    if (!dot) return;
    ring.setAttribute("cx", dot.x);
    ring.setAttribute("cy", dot.y);
    const { k, kind, interval } = dot, task = claim.task[k], five = (v) => number(v, 5);
    const facts = {
      family: families[tasks.family[task]], "n, d": `${tasks.n[task]}, ${tasks.d[task]}`,
      bound: five(claim.value[k]),
      measured: five(claim.measured[k]) + (interval ? ` in [${interval.map(five).join(", ")}]` : ""),
      ratio: number(ratio(claim, k), 4), verdict: kind, "": data.reasons[claim.reason[k]],
      sample: claim.sample?.[k] >= 0 ? claim.sample[k] : "", tuning: tasks.tuning[task],
    };
    for (const [name, value] of Object.entries(facts)) if (value !== "")
      one(".task dl", form).append(make("dt", { textContent: name || "because of" }), make("dd", { textContent: value }));
    field.dot.setAttribute("aria-valuetext", `${tasks.name[task]}: ${kind}, ratio ${facts.ratio}`);
  }

  function pin(place, asked = true) {
    field.dot.value = place;
    if (asked) pinned = dots[place] ? tasks.name[claimShown().task[dots[place].k]] : null;
    tell(place);
    if (asked) remember();
  }

  function nearest(event) {
    const box = svg.getBoundingClientRect(), size = svg.viewBox.baseVal.width / box.width;
    const away = dots.map(({ x, y }) => Math.hypot(x - (event.clientX - box.left) * size, y - (event.clientY - box.top) * size));
    const place = away.indexOf(Math.min(...away));
    return away[place] <= NEAR ? place : -1;
  }

  // the choices stand in the fragment: #claim=…&family=…
  const first = field.claim.value;
  function remember() {
    const state = new URLSearchParams(new FormData(form));
    state.delete("dot");
    if (!field.bound.value) state.delete("bound");
    state.delete("claim");
    if (field.claim.value !== first) state.set("claim", nameOf(claimShown()));
    if (pinned) state.set("task", pinned);
    const address = String(state) ? `#${state}` : location.pathname + location.search;
    try { history.replaceState(null, "", address); } catch { /* this browser keeps the address of a file as it is */ }
  }
  function recall() {
    if (!location.hash.includes("=")) return;
    const state = new URLSearchParams(location.hash.slice(1)), claim = claims.findIndex((c) => nameOf(c) === state.get("claim"));
    field.bound.value = claims.some((c) => c.bound === state.get("bound")) ? state.get("bound") : "";
    field.claim.value = claim < 0 ? first : claim;
    for (const box of all("[type=checkbox]", form)) box.checked = state.getAll(box.name).includes(box.value);
    pinned = state.get("task");
  }

  function update() {
    const bound = field.bound.value, inside = choose();
    for (const option of field.claim.options)
      option.hidden = option.disabled = bound !== "" && claims[option.value].bound !== bound;
    if (field.claim.selectedOptions[0]?.disabled) field.claim.value = claims.findIndex((claim) => claim.bound === bound);
    count(inside);
    plot(inside);
  }

  rows.forEach((row, c) => { // a claim of the table, shown in the figure
    const name = row.cells[0].firstChild, button = make("button", { type: "button", textContent: name.textContent });
    button.ariaLabel = `${claims[c].bound} ${claims[c].quantity}: show in the figure`;
    button.addEventListener("click", () => {
      field.claim.value = c;
      pinned = null;
      update();
      remember();
      form.scrollIntoView();
      field.claim.focus();
    });
    name.replaceWith(button);
  });
  for (const key of all("svg.key", form)) {
    const kind = key.parentElement.control.value;
    key.setAttribute("viewBox", "-7 -7 14 14");
    key.append(draw("path", { class: `dot ${kind}`, d: MARKS[kind] }));
  }
  table.parentElement.before(make("p", { className: "shown soft" }));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", (event) => { if (event.target !== field.dot) { update(); remember(); } });
  form.addEventListener("reset", () => setTimeout(() => { pinned = null; update(); remember(); }));
  field.dot.addEventListener("input", () => pin(Number(field.dot.value)));
  svg.addEventListener("pointermove", (event) => { const place = nearest(event); if (place >= 0) tell(place); });
  svg.addEventListener("pointerleave", () => tell(Number(field.dot.value)));
  svg.addEventListener("click", (event) => { const place = nearest(event); if (place >= 0) pin(place); });
  addEventListener("hashchange", () => { recall(); update(); });
  form.hidden = false;
  one("#still").hidden = true;
  recall();
  update();
  let width = svg.clientWidth;
  new ResizeObserver(() => { if (svg.clientWidth !== width) { width = svg.clientWidth; plot(choose()); } }).observe(svg);
}

/** The command that takes a task out of the run this page lies in, for a POSIX shell. */
function command(task) {
  const folder = location.protocol === "file:" ? decodeURIComponent(location.pathname.replace(/\/[^/]*$/, "")) : "RUN_DIR";
  const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
  return `tightrope task ${quoted(folder)} ${quoted(task)} --out t.npz`;
}

document.addEventListener("DOMContentLoaded", () => live(one("#live"), JSON.parse(one("#data").textContent)));

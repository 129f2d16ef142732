// Two plots of messages a second, by protocol and by process, each with a legend that says the same in
// numbers. The counts are the daemon's exact ones; where there are no probes, of the
// multicasts that it receives itself, by protocol and by group.

import { sumBy } from "./metrics.js";

const POINTS = 80;
const LINES_MAX = 5;
const REST = "others";
const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [360, 120, 34, 16, 8];
const SVG = "http://www.w3.org/2000/svg";

export const METRICS = [
  "nlmon_probe_attached",
  "nlmon_messages_total",
  "nlmon_process_messages_total",
  "nlmon_multicast_deliveries_total",
];

export class Rates {
  constructor(protocols, processes, note, periodS) {
    this.note = note;
    this.protocols = new Plot(protocols, "Messages a second by protocol", periodS);
    this.processes = new Plot(processes, "Messages a second by process", periodS);
  }

  // Takes in a scrape, `seconds` after the one before.
  add(metrics, seconds) {
    const exact = metrics.get("nlmon_probe_attached").some(({ value }) => value > 0);
    const of = (name, label) => sumBy(metrics.get(name), label);
    const by = exact
      ? {
          protocols: of("nlmon_messages_total", "protocol"),
          processes: of("nlmon_process_messages_total", "process"),
        }
      : {
          protocols: of("nlmon_multicast_deliveries_total", "protocol"),
          processes: of("nlmon_multicast_deliveries_total", "group"),
        };
    this.processes.title = `Messages a second by ${exact ? "process" : "group"}`;
    this.processes.legend.caption.textContent = this.processes.title;
    this.note.textContent = exact
      ? "exact counts of all messages, whatever the filter"
      : "multicasts that the daemon receives, whatever the filter: no probes count the rest";
    this.protocols.add(by.protocols, seconds);
    this.processes.add(by.processes, seconds);
  }
}

class Plot {
  constructor(place, title, periodS) {
    this.title = title;
    this.periodS = periodS;
    this.before = null;
    // Rates by name, the latest last.
    this.rates = new Map();
    // A name keeps its colour as long as it is among the lines.
    this.slots = [];
    this.svg = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
    this.legend = document.createElement("table");
    this.legend.className = "legend";
    this.legend.append(document.createElement("caption"));
    this.legend.caption.textContent = title;
    const head = this.legend.createTHead().insertRow();
    for (const word of ["Name", "now", "most"]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = word;
      head.append(cell);
    }
    this.rows = this.legend.createTBody();
    place.append(this.svg, this.legend);
  }

  add(counts, seconds) {
    if (this.before && seconds > 0) {
      for (const name of new Set([...counts.keys(), ...this.rates.keys()])) {
        const past = this.rates.get(name) ?? [];
        // What starts anew, as a restarted daemon does, has no rate.
        const grown = Math.max(0, (counts.get(name) ?? 0) - (this.before.get(name) ?? 0));
        this.rates.set(name, [...past, grown / seconds].slice(-POINTS));
      }
    }
    this.before = counts;
    this.draw();
  }

  // The busiest by name, and the rest in one.
  lines() {
    const total = (rates) => rates.reduce((sum, rate) => sum + rate, 0);
    const active = [...this.rates].filter(([, rates]) => total(rates) > 0);
    active.sort((a, b) => total(b[1]) - total(a[1]));
    const shown = new Map(active.slice(0, LINES_MAX));
    this.slots = this.slots.map((name) => (shown.has(name) ? name : null));
    for (const name of shown.keys()) {
      if (this.slots.includes(name)) continue;
      const free = this.slots.indexOf(null);
      this.slots[free < 0 ? this.slots.length : free] = name;
    }
    const lines = [...shown].map(([name, rates]) => ({ name, rates, slot: this.slots.indexOf(name) }));
    const rest = active.slice(LINES_MAX).map(([, rates]) => rates);
    if (rest.length > 0) {
      const at = (back) => rest.reduce((sum, rates) => sum + (rates.at(-1 - back) ?? 0), 0);
      const longest = Math.max(...rest.map((rates) => rates.length));
      const rates = Array.from({ length: longest }, (_, index) => at(longest - 1 - index));
      lines.push({ name: REST, rates, slot: LINES_MAX });
    }
    return lines;
  }

  draw() {
    const lines = this.lines();
    const most = nice(Math.max(1, ...lines.flatMap(({ rates }) => rates)));
    const y = (rate) => TOP + (HEIGHT - BOTTOM - TOP) * (1 - rate / most);
    const x = (back) => WIDTH - 6 - (back * (WIDTH - 6 - LEFT)) / (POINTS - 1);
    const drawn = [0, 0.5, 1].flatMap((part) => [
      svg("line", { class: "grid", x1: LEFT, x2: WIDTH - 6, y1: y(part * most), y2: y(part * most) }),
      svg("text", { class: "tick", x: LEFT - 6, y: y(part * most) + 4, "text-anchor": "end" }, short(part * most)),
    ]);
    const minutes = Math.round((POINTS * this.periodS) / 60);
    drawn.push(svg("text", { class: "tick", x: LEFT, y: HEIGHT - 4 }, `${minutes} min ago`));
    drawn.push(svg("text", { class: "tick", x: WIDTH - 6, y: HEIGHT - 4, "text-anchor": "end" }, "now"));
    for (const { rates, slot } of lines) {
      const points = rates.map((rate, index) => `${x(rates.length - 1 - index).toFixed(1)},${y(rate).toFixed(1)}`);
      drawn.push(svg("polyline", { class: `line slot${slot}`, points: points.join(" ") }));
    }
    this.svg.replaceChildren(...drawn);
    const words = lines.map(({ name, rates }) => `${name} ${short(rates.at(-1))}`);
    this.svg.setAttribute("aria-label", `${this.title}: ${words.join(", ") || "none yet"}`);
    this.list(lines);
  }

  list(lines) {
    this.rows.replaceChildren();
    for (const { name, rates, slot } of lines) {
      const row = this.rows.insertRow();
      const key = svg("svg", { viewBox: "0 0 22 8", width: 22, height: 8, "aria-hidden": "true" });
      key.append(svg("line", { class: `line slot${slot}`, x1: 0, x2: 22, y1: 4, y2: 4 }));
      row.insertCell().append(key, ` ${name}`);
      row.insertCell().textContent = short(rates.at(-1));
      row.insertCell().textContent = short(Math.max(...rates));
    }
    if (lines.length === 0) {
      const cell = this.rows.insertRow().insertCell();
      cell.colSpan = 3;
      cell.textContent = "none yet";
    }
  }
}

function svg(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.textContent = text;
  return made;
}

// The next of 1, 2, 5, 10, ...
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 5, 10].find((step) => step * power >= value);
}

function short(rate) {
  if (rate >= 1e6) return `${(rate / 1e6).toFixed(1)}M`;
  if (rate >= 1e4) return `${Math.round(rate / 1e3)}k`;
  if (rate >= 1e3) return `${(rate / 1e3).toFixed(1)}k`;
  return rate === 0 || rate >= 10 ? String(Math.round(rate)) : rate.toFixed(1);
}

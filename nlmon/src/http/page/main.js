// Puts the page together: the filter, which is also the page's address, the keys, and the timer.

import { scrape } from "./metrics.js";
import { METRICS as RATES, Rates } from "./rates.js";
import { Records } from "./records.js";
import { Situation } from "./situation.js";
import { METRICS as SOCKETS, Sockets } from "./sockets.js";
import { Stream } from "./stream.js";

const PERIOD_S = 3;

const id = (name) => document.getElementById(name);
const form = id("filter");
const records = new Records(id("records"), id("log-note"), id("empty"));
const rates = new Rates(id("protocols"), id("processes"), id("rates-note"), PERIOD_S);
const situation = new Situation(id("findings"), id("changes"), id("talkers"));
const sockets = new Sockets(id("sockets"), id("sockets-note"));

const stream = new Stream({
  hello({ probes = true }) {
    records.probes = probes;
    id("unseen").hidden = probes;
  },
  record(record) {
    records.add(record);
  },
  lost: (count) => records.addLost(count),
  state(state, words) {
    const refused = state === "refused";
    id("status").dataset.state = state;
    id("status").textContent = refused ? "refused" : words;
    if (refused || state === "live") {
      id("problem").hidden = !refused;
      id("problem").textContent = refused ? words : "";
    }
  },
});

// What is filled in, as the query that both the page and the log take.
function query() {
  const words = [...new FormData(form)].map(([name, value]) => [name, value.trim()]);
  return new URLSearchParams(words.filter(([, value]) => value !== "")).toString();
}

function apply() {
  const words = query();
  history.replaceState(null, "", words ? `/?${words}` : "/");
  records.clear();
  stream.open(words);
}

// Fills in what the address says; what there is no field for is passed on, to be told wrong.
function start() {
  const words = new URLSearchParams(location.search);
  for (const [name, value] of words) {
    const field = form.elements.namedItem(name);
    if (!(field instanceof HTMLInputElement)) continue;
    if (field.type === "checkbox") field.checked = value === "true" || value === "";
    else field.value = field.value ? `${field.value},${value}` : value;
    if (field.closest("details")) field.closest("details").open = true;
  }
  stream.open(words.toString());
}

function pause() {
  const paused = id("pause").getAttribute("aria-pressed") !== "true";
  id("pause").setAttribute("aria-pressed", String(paused));
  id("pause").textContent = paused ? "Go on" : "Pause";
  records.pause(paused);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  apply();
});
form.addEventListener("reset", () => setTimeout(apply));
form.elements.namedItem("errors").addEventListener("change", apply);
id("pause").addEventListener("click", pause);
id("clear").addEventListener("click", () => records.clear());
id("keys").addEventListener("click", () => id("help").showModal());

const KEYS = {
  p: pause,
  c: () => records.clear(),
  "/": () => form.elements.namedItem("protocol").focus(),
  f: () => id("findings").focus(),
  h: () => id("changes").focus(),
  "?": () => id("help").showModal(),
  j: () => records.move(1),
  k: () => records.move(-1),
  ArrowDown: () => records.move(1),
  ArrowUp: () => records.move(-1),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || id("help").open) return;
  const typing = event.target.matches("input");
  if (typing && event.key === "Escape") id("log").focus();
  if (typing || !(event.key in KEYS)) return;
  // Arrows move among the records only from one of them; elsewhere they scroll.
  if (event.key.startsWith("Arrow") && !event.target.closest("tr.record")) return;
  event.preventDefault();
  KEYS[event.key]();
});

let last = 0;
async function look() {
  try {
    const metrics = await scrape([...RATES, ...SOCKETS]);
    const now = performance.now();
    rates.add(metrics, last > 0 ? (now - last) / 1000 : 0);
    sockets.add(metrics);
    last = now;
    await situation.look();
  } catch (error) {
    // The stream says that the daemon is away.
    console.info(String(error));
  }
  setTimeout(look, PERIOD_S * 1000);
}

start();
look();

// The table of records: newest first, only so many, drawn a few times a second however many come.
// Whatever comes from the log is put in as text, never as markup.

const ROWS_MAX = 500;
const DRAW_MS = 200;
const ARROWS = { request: "-->", reply: "<--", dump: "<==", peer: "<->", multicast: ">>>" };

export class Records {
  constructor(table, note, empty) {
    this.body = table.tBodies[0];
    this.note = note;
    this.empty = empty;
    this.waiting = [];
    this.missed = 0;
    this.lost = 0;
    this.paused = false;
    // Without, what no probe saw is said once, above, and not of each record.
    this.probes = true;
    this.body.addEventListener("click", (event) => this.toggle(event.target.closest("tr.record")));
    this.body.addEventListener("keydown", (event) => this.key(event));
    setInterval(() => this.draw(), DRAW_MS);
  }

  add(record) {
    this.waiting.push(row(record, this.probes));
    this.trim();
  }

  addLost(count) {
    this.lost += count;
    const line = element("tr", "lost");
    const cell = element("td", "", `${count} records are missing here: they came faster than they were read`);
    cell.colSpan = 7;
    line.append(cell);
    this.waiting.push(line);
    this.trim();
  }

  trim() {
    if (this.waiting.length > 2 * ROWS_MAX) {
      this.missed += this.waiting.length - ROWS_MAX;
      this.waiting = this.waiting.slice(-ROWS_MAX);
    }
  }

  pause(paused) {
    this.paused = paused;
    this.draw();
    this.say();
  }

  clear() {
    this.waiting = [];
    this.missed = this.lost = 0;
    this.body.replaceChildren();
    this.say();
  }

  draw() {
    if (this.paused || this.waiting.length === 0) {
      if (this.paused) this.say();
      return;
    }
    const fresh = this.waiting.slice(-ROWS_MAX).reverse();
    this.waiting = [];
    this.missed = 0;
    this.body.prepend(...fresh);
    while (this.body.rows.length > ROWS_MAX) this.drop(this.body.rows[this.body.rows.length - 1]);
    // One row is in the tab order; the arrow keys go on from there.
    if (!this.body.querySelector('tr[tabindex="0"]')) {
      this.body.querySelector("tr.record")?.setAttribute("tabindex", "0");
    }
    this.say();
  }

  // A row that somebody is at stays until they leave it.
  drop(last) {
    const focused = this.body.contains(document.activeElement) && document.activeElement.closest("tr");
    if (focused === last) this.body.querySelector("tr.record").focus();
    last.remove();
  }

  say() {
    this.empty.hidden = this.body.rows.length > 0;
    const words = [];
    const held = this.waiting.length + this.missed;
    if (this.paused) words.push(`paused, ${held} new`);
    else words.push("newest first");
    if (this.lost > 0) words.push(`${this.lost} lost`);
    const text = words.join(", ");
    if (this.note.textContent !== text) this.note.textContent = text;
  }

  key(event) {
    const at = event.target.closest("tr.record");
    if (!at || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") this.toggle(at);
    else if (event.key === "Home") this.focus(this.body.querySelector("tr.record"));
    else return;
    event.preventDefault();
  }

  // To the next or the previous record; from elsewhere to the newest.
  move(step) {
    let row = document.activeElement.closest?.("tr.record");
    const first = this.body.querySelector("tr.record");
    if (!row || !this.body.contains(row)) return this.focus(first);
    do row = step > 0 ? row.nextElementSibling : row.previousElementSibling;
    while (row && !row.classList.contains("record"));
    this.focus(row);
  }

  focus(row) {
    if (!row) return;
    this.body.querySelectorAll('tr[tabindex="0"]').forEach((other) => other.setAttribute("tabindex", "-1"));
    row.setAttribute("tabindex", "0");
    row.focus();
  }

  // Shows all that a record holds below it, or no more.
  toggle(row) {
    if (!row) return;
    const open = row.getAttribute("aria-expanded") === "true";
    row.setAttribute("aria-expanded", String(!open));
    if (open) {
      row.nextElementSibling.remove();
      return;
    }
    const line = element("tr", "detail");
    const cell = element("td");
    cell.colSpan = 7;
    cell.append(...details(row.record));
    line.append(cell);
    row.after(line);
  }
}

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function row(record, probes) {
  const { process, messages } = record;
  const line = element("tr", "record");
  line.tabIndex = -1;
  line.record = record;
  line.setAttribute("aria-expanded", "false");
  const failed = errors(record).length > 0;
  line.classList.toggle("failed", failed);
  const time = element("td", "time", record.time.slice(11, 23));
  time.title = record.time;
  const way = element("td", `way ${record.path}`);
  const arrow = element("span", "", ARROWS[record.path] ?? "");
  arrow.setAttribute("aria-hidden", "true");
  way.append(arrow, element("span", "path", record.path));
  const group = record.group ? `:${record.group}` : "";
  const more = messages.length > 1 ? ` (+${messages.length - 1})` : "";
  const who = process ? `${process.comm}[${process.pid}]` : probes ? "?" : "";
  const whose = element("td", "process", who);
  const pod = process?.pod ? `${process.namespace}/${process.pod}` : process?.pod_uid;
  whose.title = [process?.executable, pod, process?.unit, process?.container].filter(Boolean).join(" ");
  line.append(
    time,
    way,
    whose,
    element("td", "protocol", record.protocol + group),
    element("td", "type", record.silent ? "silent" : kind(messages[0]) + more),
    element("td", "what", messages[0]?.summary ?? removal(record.silent)),
    element("td", failed ? "went bad" : "went", outcome(record, probes).join(", ")),
  );
  return line;
}

function kind(message) {
  if (!message) return "";
  return message.command && !/^\d/.test(message.command) ? message.command : message.type;
}

// The names of the errors that a record reports. That nobody listened is how most multicasts end.
function errors(record) {
  const unheard = record.path === "multicast" && record.result === "ESRCH";
  const all = [unheard ? undefined : record.result, record.answer?.errno];
  all.push(...record.messages.map((message) => message.error?.name));
  return [...new Set(all.filter((name) => name && name !== "ok"))];
}

function outcome(record, probes) {
  const words = [];
  const { answer, parent, cause } = record;
  if (record.path === "request" && record.duration_ns !== undefined) words.push(`took ${time(record.duration_ns)}`);
  if (answer) words.push(`${answer.errno ?? "answered"} after ${time(answer.latency_ns)}`);
  if (answer?.text) words.push(`"${answer.text}"`);
  if (record.outcome === "delivered") words.push(`delivered in ${time(record.delivery_latency_ns ?? 0)}`);
  else if (record.outcome === "unobserved" && !probes) {
    // Said once, above.
  } else if (record.outcome) words.push(record.outcome.replace("_", " "));
  if (cause === "request" && parent) words.push(`by ${parent.command || parent.type}`);
  else if (cause === "syscall") words.push(`by ${call(record)}`);
  else if (cause && cause !== "unknown") words.push(cause);
  const said = words.join(" ");
  words.push(...errors(record).filter((name) => !said.includes(name)));
  if (record.redacted) words.push("redacted");
  return words;
}

// What a silent change is, in words.
function removal(silent) {
  if (!silent) return "";
  const routes = silent.routes.slice(0, 3).map((route) => route.dst).join(", ");
  const more = silent.removed > 3 ? ` +${silent.removed - 3} more` : "";
  return `${silent.removed} ${silent.family} routes of table ${silent.table} removed: ${routes}${more}`;
}

// The system call that is the cause, with what is known of it.
function call(record) {
  const argument = record.ioctl ?? record.module ?? record.file ?? record.clone_flags?.join("|");
  return argument ? `${record.syscall}(${argument})` : record.syscall;
}

function time(ns) {
  const units = [["s", 1e9], ["ms", 1e6], ["us", 1e3]];
  const [unit, size] = units.find(([, size]) => ns >= size) ?? ["ns", 1];
  const value = ns / size;
  return `${value < 10 && size > 1 ? value.toFixed(2) : Math.round(value)}${unit}`;
}

// The record's own fields, and each message with the tree of its attributes.
function details(record) {
  const { messages, process, ...rest } = record;
  const fields = { ...rest, ...process };
  const list = element("dl", "fields");
  for (const [name, value] of Object.entries(fields)) {
    const pair = element("div");
    const shown = typeof value === "object" ? JSON.stringify(value) : String(value);
    pair.append(element("dt", "", name), element("dd", "", shown));
    list.append(pair);
  }
  return [list, ...messages.map(message)];
}

function message(message) {
  const block = element("div", "message");
  const flags = (message.flags ?? []).join("|");
  const numbers = message.seq === undefined ? "" : ` seq ${message.seq} portid ${message.portid} ${flags}`;
  block.append(element("h3", "", `${kind(message)}  len ${message.len}${numbers}`));
  if (message.error?.text) block.append(element("p", "", `"${message.error.text}" ${message.error.attribute ?? ""}`));
  if (message.attributes) block.append(tree(message.attributes));
  return block;
}

function tree(attributes) {
  const list = element("ul", "tree");
  for (const attribute of attributes) {
    const item = element("li");
    item.append(element("b", "", attribute.name));
    if (attribute.value !== undefined) item.append(` ${attribute.value}`);
    if (attribute.ifname !== undefined) item.append(` (${attribute.ifname})`);
    if (attribute.withheld !== undefined) item.append(element("em", "", ` withheld (${attribute.withheld} bytes)`));
    if (attribute.attributes) item.append(tree(attribute.attributes));
    list.append(item);
  }
  return list;
}

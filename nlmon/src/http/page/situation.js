// What is wrong, what has changed last, and who talks most: as the daemon tells it in one answer.

const SHOWN = 12;

const time = (text) => new Date(text).toLocaleTimeString([], { hour12: false });

function made(kind, text, className = "") {
  const element = document.createElement(kind);
  element.textContent = text;
  element.className = className;
  return element;
}

// The runbook comes from this server, as text: the browser finds the heading in it.
function runbook(kind) {
  const link = made("a", `what to do about ${kind}`);
  link.href = `/page/runbook.md#:~:text=Finding%20${encodeURIComponent(kind)}`;
  return link;
}

function finding({ kind, severity, since, text, evidence = [], advice }) {
  const item = made("li", "", severity);
  const head = made("p", "");
  head.append(made("b", `${severity} ${kind}`), ` since ${time(since)}`);
  item.append(head, made("p", text));
  for (const line of evidence) item.append(made("p", line, "note"));
  const last = made("p", `${advice} `, "note");
  last.append(runbook(kind));
  item.append(last);
  return item;
}

function change(line) {
  const item = made("li", "");
  item.append(made("span", time(line.time), "time"), ` ${line.text}`);
  return item;
}

function talker(name, { count, over = 0 }) {
  const row = document.createElement("tr");
  const head = made("th", name);
  head.scope = "row";
  row.append(head, made("td", over > 0 ? `${count - over} to ${count}` : String(count), "number"));
  return row;
}

const object = ({ protocol, type, object }) => `${protocol} ${type} ${object}`.trim();

export class Situation {
  constructor(findings, changes, talkers) {
    [this.findings, this.changes, this.talkers] = [findings, changes, talkers];
  }

  async look() {
    const response = await fetch("/situation");
    if (!response.ok) throw new Error(`/situation: ${response.status}`);
    this.show(await response.json());
  }

  show({ findings = [], changes = null, minute = null }) {
    const list = (section, items, none) => {
      section.querySelector("ul").replaceChildren(...items.slice(0, SHOWN));
      section.querySelector(".note").textContent = none;
    };
    const more = (all) => (all > SHOWN ? `${SHOWN} of ${all}` : "");
    list(this.findings, findings.map(finding), findings.length ? more(findings.length) : "nothing is wrong");
    const lines = changes ?? [];
    const none = changes === null ? "no ledger is kept: ledger.enabled is false" : "none yet";
    list(this.changes, lines.map(change), lines.length ? "newest first" : none);
    const { objects = [], processes = [], messages = 0, estimated = false } = minute ?? {};
    const [top, names] = this.talkers.querySelectorAll("tbody");
    top.replaceChildren(...objects.slice(0, SHOWN).map((of) => talker(object(of), of)));
    names.replaceChildren(...processes.slice(0, SHOWN).map((of) => talker(of.process, of)));
    this.talkers.querySelector("table").hidden = messages === 0;
    const about = estimated ? "about " : "";
    this.talkers.querySelector(".note").textContent = `${about}${messages} notifications in the last minute`;
  }
}

// The sockets that lost something, by the process that holds them, the worst first.

export const METRICS = [
  "nlmon_sockets",
  "nlmon_socket_drops_total",
  "nlmon_socket_queue_bytes",
  "nlmon_socket_queue_high_bytes",
  "nlmon_socket_buffer_bytes",
];

const COLUMNS = METRICS.slice(1);

export class Sockets {
  constructor(section, note) {
    this.scroll = section.querySelector(".scroll");
    this.body = section.querySelector("tbody");
    this.note = note;
  }

  add(metrics) {
    const holders = new Map();
    for (const name of COLUMNS) {
      for (const { labels, value } of metrics.get(name)) {
        const key = `${labels.process}\n${labels.protocol}`;
        const holder = holders.get(key) ?? { ...labels };
        holders.set(key, { ...holder, [name]: value });
      }
    }
    const lossy = [...holders.values()].filter((holder) => holder.nlmon_socket_drops_total > 0);
    lossy.sort((a, b) => b.nlmon_socket_drops_total - a.nlmon_socket_drops_total);
    this.body.replaceChildren(...lossy.map(row));
    this.scroll.hidden = lossy.length === 0;
    const all = metrics.get("nlmon_sockets").reduce((sum, { value }) => sum + value, 0);
    this.note.textContent = lossy.length === 0
      ? `none of ${all} sockets has lost anything since nlmon started`
      : `of ${all} sockets, since nlmon started`;
  }
}

function row(holder) {
  const line = document.createElement("tr");
  const cell = (text, className) => {
    const made = line.insertCell();
    made.textContent = text;
    made.className = className;
  };
  cell(holder.process, "");
  cell(holder.protocol, "");
  COLUMNS.forEach((name, index) => {
    const value = holder[name] ?? 0;
    cell(index === 0 ? String(value) : bytes(value), index === 0 ? "number bad" : "number");
  });
  return line;
}

function bytes(value) {
  if (value >= 1 << 20) return `${(value / (1 << 20)).toFixed(1)} MiB`;
  if (value >= 1 << 10) return `${(value / (1 << 10)).toFixed(1)} KiB`;
  return `${value} B`;
}

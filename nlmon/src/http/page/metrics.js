// What the page reads of /metrics: the exact counts, which are of all messages whatever the filter.

const LINE = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-z_]+)="((?:[^"\\]|\\.)*)"/g;
const ESCAPE = /\\(.)/g;

// The series of these metrics, by name: [{ labels, value }].
export async function scrape(names) {
  const response = await fetch("/metrics");
  if (!response.ok) throw new Error(`/metrics: ${response.status}`);
  const found = new Map(names.map((name) => [name, []]));
  for (const line of (await response.text()).split("\n")) {
    const [, name, labels, value] = LINE.exec(line) ?? [];
    found.get(name)?.push({ labels: parse(labels ?? ""), value: Number(value) });
  }
  return found;
}

function parse(text) {
  const unescape = (value) => value.replace(ESCAPE, (_, c) => (c === "n" ? "\n" : c));
  return Object.fromEntries([...text.matchAll(LABEL)].map(([, name, value]) => [name, unescape(value)]));
}

// Sums of the values, by one label.
export function sumBy(series, label) {
  const sums = new Map();
  for (const { labels, value } of series) {
    sums.set(labels[label], (sums.get(labels[label]) ?? 0) + value);
  }
  return sums;
}

// The records of the log: reads the daemon's Server-Sent Events by hand, because an EventSource does
// not tell why the daemon refuses. One stream at a time; it comes back by itself when it breaks.

const RETRY_MS = 2000;
// What it begins with, as far as the daemon still has it and the query says nothing else.
const LAST = 200;

export class Stream {
  // `handler` has hello(hello), record(record), lost(count), state(state, words).
  constructor(handler) {
    this.handler = handler;
    this.abort = null;
  }

  // Reads what passes the filter, which is in the words of a query.
  open(query) {
    this.abort?.abort();
    this.abort = new AbortController();
    this.run(query, this.abort.signal);
  }

  async run(query, signal) {
    while (!signal.aborted) {
      this.handler.state("waiting", "connecting");
      try {
        const response = await fetch(`/live?last=${LAST}&${query}`, { signal });
        if (response.ok) {
          await this.read(response.body);
        } else if (!(await this.refused(response))) {
          return;
        }
      } catch (error) {
        if (error.name === "AbortError") return;
      }
      if (signal.aborted) return;
      this.handler.state("broken", "not connected, trying again");
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  // Whether it is worth trying again: a wrong filter stays wrong.
  async refused(response) {
    this.handler.state("refused", (await response.text()).trim());
    if (response.status !== 503) return false;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    return true;
  }

  async read(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const events = (text + value).split("\n\n");
      text = events.pop();
      events.forEach((event) => this.take(event));
    }
  }

  take(event) {
    let kind = "record";
    let data = "";
    for (const line of event.split("\n")) {
      if (line.startsWith("event: ")) kind = line.slice(7);
      if (line.startsWith("data: ")) data += line.slice(6);
    }
    if (data === "") return;
    const value = JSON.parse(data);
    if (kind === "hello") {
      this.handler.hello(value);
      this.handler.state("live", "live");
    }
    else if (kind === "lost") this.handler.lost(value.lost);
    else this.handler.record(value);
  }
}

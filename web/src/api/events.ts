// The stream of events, read by fetch: unlike EventSource it lets one see the server's signs of
// life, so that a page knows how old its data is.

import { pathOf, refuse } from './client';

export interface LiveEvent {
  kind: string; // "alert-raised", ..., "reset"
  subject: string;
  nodes: string; // a nodeset
}

/** The server says each 15 s that it is there; a connection that says nothing is only half there. */
const kSilence_ms = 3 * 15_000;

/** What listen() tells. */
export interface EventSink {
  /** Bytes came, if only a sign of life. */
  onSign(): void;
  /** Up to which event all was told. */
  onPlace(id: string): void;
  onEvent(event: LiveEvent): void;
}

/** Lines of a stream into events (WHATWG HTML, 9.2.6), as far as our server uses them. */
export class EventParser {
  private rest = '';
  private kind = '';
  private data = '';
  private id = '';
  /** Of the latest event that came whole. */
  lastId = '';

  push(text: string, sink: (event: LiveEvent) => void): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.line(line.replace(/\r$/, ''), sink);
  }

  private line(line: string, sink: (event: LiveEvent) => void): void {
    if (line === '') {
      if (this.data) sink(this.event());
      if (this.id) this.lastId = this.id;
      this.kind = this.data = this.id = '';
    } else if (line.startsWith('id: ')) {
      this.id = line.slice(4);
    } else if (line.startsWith('event: ')) {
      this.kind = line.slice(7);
    } else if (line.startsWith('data: ')) {
      this.data += line.slice(6);
    }
  }

  private event(): LiveEvent {
    let fields: Partial<LiveEvent> = {};
    try {
      fields = JSON.parse(this.data);
    } catch {
      // An event whose facts cannot be read still says that something has happened.
    }
    return { kind: this.kind, subject: fields.subject ?? '', nodes: fields.nodes ?? '' };
  }
}

/** Listens to what came after an event, until the stream ends, is aborted, or says nothing. */
export async function listen(after: string, sink: EventSink, signal: AbortSignal): Promise<void> {
  const parser = new EventParser();
  const silence = new AbortController();
  const guard = () => setTimeout(() => silence.abort(), kSilence_ms);
  let timer = guard();
  try {
    // fetch() itself and not request(): the stream may take longer than an answer may.
    const response = await fetch(pathOf('/events', { after }), {
      headers: { Accept: 'text/event-stream', 'X-Lockstep-Request': '1' },
      credentials: 'same-origin',
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok) await refuse(response);
    if (!response.body) return;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      clearTimeout(timer);
      timer = guard();
      sink.onSign();
      parser.push(value, sink.onEvent);
      if (parser.lastId) sink.onPlace(parser.lastId);
    }
  } finally {
    clearTimeout(timer);
  }
}

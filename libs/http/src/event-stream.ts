import type { UwsResponse } from './uws.ts';

export interface ServerSentEvent {
  readonly event?: string;
  readonly id?: string;
  /** A string is sent as it is, anything else as JSON. */
  readonly data: unknown;
}

export interface EventStream {
  /** What the client says it saw last: the id to continue after. */
  readonly lastEventId: string | undefined;
  /** Aborted when the client has gone or was dropped, and when the server closes. */
  readonly signal: AbortSignal;
  /** False once the stream is over; nothing is sent then. */
  send(event: ServerSentEvent): boolean;
}

/** Lives as long as the stream: the connection ends when the promise settles. Must return soon after `signal` aborts. */
export type StreamRun = (events: EventStream) => Promise<void>;

/** The wire form. Line breaks inside `event` and `id` would start a new field, so they are dropped. */
export function formatEvent({ event, id, data }: ServerSentEvent): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  let wire = '';
  if (id !== undefined) wire += `id: ${oneLine(id)}\n`;
  if (event !== undefined) wire += `event: ${oneLine(event)}\n`;
  for (const line of text.split(/\r\n|\r|\n/)) wire += `data: ${line}\n`;
  return `${wire}\n`;
}

const oneLine = (text: string): string => text.replaceAll(/[\r\n\0]/g, '');

export interface StreamOptions {
  readonly heartbeatMs: number;
  readonly maxBufferedBytes: number;
  readonly lastEventId: string | undefined;
  /** Told once, when the stream is over for any reason. */
  readonly ended: () => void;
}

export interface OpenStream extends EventStream {
  /** Sends a comment when nothing was sent for the heartbeat's time. */
  tick(nowMs: number): void;
  /** Ends the response after what was sent; `last` goes out even to a client that does not keep up. */
  finish(reason: Error, last?: string): void;
  /** The connection is gone: nothing can be written any more. */
  lost(): void;
}

/**
 * The sending side of one event stream, on a response whose head is written.
 *
 * `open`: events go straight out. `full`: the socket takes no more, events wait here, in order, until it drains.
 * `over`: ended, dropped or lost. A client for which more than `maxBufferedBytes` wait is dropped: the waiting events are
 * discarded and the last thing it reads is `event: error` with the code SLOW_CONSUMER, so that it knows to come back with its
 * Last-Event-ID. (A client that reads nothing at all is cut by µWebSockets after about 12 s.)
 */
export function openStream(response: UwsResponse, options: StreamOptions): OpenStream {
  const controller = new AbortController();
  let mode: 'open' | 'full' | 'over' = 'open';
  let waiting: string[] = [];
  let waitingBytes = 0;
  let sentAtMs = performance.now();

  function over(reason: Error): void {
    mode = 'over';
    waiting = [];
    controller.abort(reason);
    options.ended();
  }

  function write(text: string): void {
    sentAtMs = performance.now();
    let taken = true;
    response.cork(() => {
      taken = response.write(text);
    });
    if (!taken) mode = 'full';
  }

  function flush(): void {
    mode = 'open';
    const text = waiting.join('');
    waiting = [];
    waitingBytes = 0;
    if (text !== '') write(text);
  }

  function finish(reason: Error, last?: string): void {
    if (mode === 'over') return;
    response.cork(() => {
      if (last !== undefined) response.write(last);
      // Asking to close here would make µWebSockets write `Connection: close` into the chunked body.
      response.end('', false);
    });
    over(reason);
  }

  response.onWritable(() => {
    if (mode === 'full') flush();
    return true;
  });

  return {
    lastEventId: options.lastEventId,
    signal: controller.signal,
    send(event) {
      if (mode === 'over') return false;
      const text = formatEvent(event);
      if (mode === 'open') {
        write(text);
        return true;
      }
      waiting.push(text);
      waitingBytes += Buffer.byteLength(text);
      if (waitingBytes <= options.maxBufferedBytes) return true;
      const detail = 'the client does not keep up; reconnect with Last-Event-ID';
      finish(new Error('SLOW_CONSUMER'), formatEvent({ event: 'error', data: { code: 'SLOW_CONSUMER', detail } }));
      return false;
    },
    tick(nowMs) {
      if (mode === 'open' && nowMs - sentAtMs >= options.heartbeatMs) write(': heartbeat\n\n');
    },
    finish,
    lost() {
      if (mode !== 'over') over(new Error('CLIENT_GONE'));
    },
  };
}

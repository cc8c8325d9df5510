import { connect, type Socket } from 'node:net';

/** What is asked of whom, and how a good answer looks. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Every good answer has status 200 and holds this text. */
  readonly expect: string;
}

/** Nothing: a good answer. Else what was wrong with it, starting with a short word to count it under. */
export type OnAnswer = (fault: string | undefined) => void;

export interface Connection {
  /** Sends the request. One at a time: not again before `onAnswer`. */
  send(onAnswer: OnAnswer): void;
  close(): void;
}

/**
 * A connection that was idle for longer is not used again: the server closes it after nine seconds, and a request that meets
 * the closing is lost on the way. So do the pools of HTTP clients.
 */
const MAX_IDLE_MS = 4_000;

/** The request as bytes: the same every time, so it is made once. */
export function requestBytes(target: Target): Buffer {
  const headers = Object.entries({
    host: `${target.host}:${target.port}`,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(target.body)),
    ...target.headers,
  });
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(`POST ${target.path} HTTP/1.1\r\n${head}\r\n${target.body}`);
}

/**
 * One keep-alive connection that speaks just enough HTTP/1.1 for answers with a Content-Length. fetch, undici and even
 * node:http would use more processor time for a request than the system under test may.
 */
export function openConnection(target: Target, request: Buffer): Connection {
  let socket: Socket | undefined;
  let waiting: OnAnswer | undefined;
  let received = '';
  let closed = false;
  let answeredAtMs = 0;

  const answer = (fault: string | undefined): void => {
    const onAnswer = waiting;
    waiting = undefined;
    received = '';
    answeredAtMs = performance.now();
    onAnswer?.(fault);
  };

  const open = (): Socket => {
    const opened = connect({ host: target.host, port: target.port, noDelay: true });
    opened.setEncoding('latin1');
    opened.on('data', (chunk: string) => {
      received = received === '' ? chunk : received + chunk;
      const fault = faultOf(received, target.expect);
      if (fault !== 'incomplete') answer(fault);
    });
    opened.on('error', (error: NodeJS.ErrnoException) => {
      if (socket === opened) answer(`connection ${error.code}`);
    });
    opened.on('close', () => {
      if (socket !== opened) return;
      socket = undefined;
      if (!closed) answer('connection closed');
    });
    return opened;
  };

  return {
    send(onAnswer) {
      if (socket !== undefined && performance.now() - answeredAtMs > MAX_IDLE_MS) {
        const old = socket;
        socket = undefined;
        old.destroy();
      }
      waiting = onAnswer;
      socket ??= open();
      socket.write(request);
    },
    close() {
      closed = true;
      waiting = undefined;
      socket?.destroy();
    },
  };
}

const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;

/** What is wrong with the answer so far; undefined when it is whole and good. */
export function faultOf(text: string, expected: string): string | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return 'incomplete';
  const length = CONTENT_LENGTH.exec(text.slice(0, headEnd))?.[1];
  if (length === undefined) return `unreadable answer: ${text.slice(0, 200)}`;
  if (text.length < headEnd + 4 + Number(length)) return 'incomplete';
  const status = text.slice(9, 12);
  if (status !== '200') return `status ${status}: ${text.slice(headEnd + 4)}`;
  return text.includes(expected, headEnd) ? undefined : `unexpected answer: ${text.slice(headEnd + 4)}`;
}

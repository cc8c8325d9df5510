import type { UwsResponse } from './uws.ts';

export interface Framing {
  /** The declared length in bytes; undefined for a chunked body. */
  readonly length: number | undefined;
}

/**
 * How the body is delimited. µWebSockets itself refuses a length beside a transfer coding and lengths that are no number; what
 * it lets through and a proxy in front might read otherwise (two lengths, other codings than chunked) is undefined here.
 */
export function framingOf(headers: ReadonlyMap<string, string>): Framing | undefined {
  const length = headers.get('content-length');
  const coding = headers.get('transfer-encoding');
  const sound = (length === undefined || /^\d{1,15}$/.test(length)) && (coding === undefined || /^chunked$/i.test(coding));
  if (!sound) return undefined;
  return { length: coding === undefined ? Number(length ?? 0) : undefined };
}

export interface BodyReader {
  readonly limitBytes: number;
  /** False as soon as the request was answered or cut: later chunks are dropped. */
  readonly wanted: () => boolean;
  readonly done: (body: Buffer) => void;
  /** More than the limit has come. */
  readonly tooLarge: () => void;
}

/** Collects a body's exact bytes. Memory follows what has come, not what was declared: a declaration costs the client nothing. */
export function readBody(response: UwsResponse, { limitBytes, wanted, done, tooLarge }: BodyReader): void {
  let received = 0;
  const chunks: Buffer[] = [];
  response.onData((chunk, isLast) => {
    if (!wanted()) return;
    received += chunk.byteLength;
    if (received > limitBytes) {
      tooLarge();
      return;
    }
    if (chunk.byteLength > 0) chunks.push(copied(chunk));
    if (isLast) done(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, received));
  });
}

function copied(chunk: ArrayBuffer): Buffer {
  const copy = Buffer.allocUnsafe(chunk.byteLength);
  copy.set(new Uint8Array(chunk));
  return copy;
}

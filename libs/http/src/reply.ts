import type { StreamRun } from './event-stream.ts';

/** Names in lower case by convention; a list repeats the header. Values may hold no line break. */
export type ReplyHeaders = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** What a handler answers. `contentType` of a JSON body defaults to `application/json`. */
export type Reply = JsonReply | TextReply | BytesReply | StreamReply;

/** `body` is anything JSON.stringify takes; leave it out for an answer without a body. */
export interface JsonReply {
  readonly status: number;
  readonly headers?: ReplyHeaders;
  readonly body?: unknown;
  readonly contentType?: string;
}

export interface TextReply {
  readonly status: number;
  readonly headers?: ReplyHeaders;
  readonly text: string;
  readonly contentType: string;
}

export interface BytesReply {
  readonly status: number;
  readonly headers?: ReplyHeaders;
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

/** Server-sent events: the connection stays open until `stream` settles, the client leaves, or the server closes. */
export interface StreamReply {
  readonly status: number;
  readonly headers?: ReplyHeaders;
  readonly stream: StreamRun;
  /** A comment is sent after this long without an event. Default 5 seconds. */
  readonly heartbeatMs?: number;
  /** What may wait for a slow client before it is dropped. Default 256 KiB. */
  readonly maxBufferedBytes?: number;
}

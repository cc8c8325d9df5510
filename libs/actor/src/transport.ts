import type { Headers, StreamName } from '@techno/contracts';

/** A message on its way out. `id` is its `Nats-Msg-Id`. */
export interface Outgoing {
  readonly subject: string;
  readonly stream: StreamName;
  readonly id: string;
  readonly headers: Headers;
  readonly data: string;
  /** May be stored together with others of its kind, see `MessageContract`. */
  readonly batchable?: boolean | undefined;
}

/** What an actor runtime needs of the bus. Each promise resolves when the bus has stored the message. */
export interface Transport {
  publish(message: Outgoing): Promise<void>;
  /** Stores `message` so that it arrives at its subject after `delayMs`. `key` names the waiting one. */
  schedule(message: Outgoing, delayMs: number, key: string): Promise<void>;
  /** Fire and forget, to one waiting process. */
  reply(subject: string, headers: Headers, data: string): void;
}

/** A message on its way in. */
export interface Delivery {
  readonly stream: StreamName;
  readonly subject: string;
  readonly seq: number;
  /** Names the message in its stream: its sequence, and its index where it was stored in a batch. */
  readonly place: string;
  /** Deliveries of this stored message, this one included. */
  readonly deliveries: number;
  /** The body as it was published. */
  bytes(): Uint8Array;
  /** The parsed body. Throws what is wrong with bytes that are no UTF-8 JSON. */
  json(): unknown;
  header(name: string): string | undefined;
  headers(): Headers;
  ack(): void;
  /** Gives the message back, not before `delayMs`. */
  nak(delayMs: number): void;
  term(reason: string): void;
  /** Extends the lease. */
  working(): void;
}

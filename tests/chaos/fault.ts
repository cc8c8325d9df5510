import type { StackFile } from '../e2e/launched.ts';
import type { Upstream } from '../support/upstream.ts';
import type { Proxy } from './ground/proxy.ts';

/** A safeguard that can be taken away on purpose, to see that the table then fails. */
export const SAFEGUARDS = ['sweeper', 'fence'] as const;
export type Safeguard = (typeof SAFEGUARDS)[number];

/**
 * What a fault needs the stack to be: as it is; with a proxy of ours between the services and nats-server; with its data on a
 * small disk of its own; with a clock in every service that can be moved.
 */
export type GroundKind = 'plain' | 'proxied' | 'small-disk' | 'clocks';

/** What a fault may do to the running system, and what it can see of it. */
export interface FaultContext {
  /** As it is now: pids change when something is restarted. */
  stack(): Promise<StackFile>;
  readonly home: string;
  readonly upstream: Upstream;
  /** Only on the ground `proxied`. */
  readonly proxy: Proxy;
  /** How long a fault that lasts is to last. */
  readonly holdMs: number;
  /** Pids of a service, all replicas. */
  pidsOf(service: string): Promise<number[]>;
  /** Sets the clock of a service that much off. Only on the ground `clocks`. */
  setClock(service: string, offsetMs: number): Promise<void>;
  /** Waits, and ends early when the run is ended. */
  wait(ms: number): Promise<void>;
  /** What has to be over by itself counts from here; by default from the return of `run`. */
  mended(): void;
  /** Something the table cannot say, for the evidence and the line of the fault. */
  note(text: string): void;
  /** Something that was not as it must be. */
  broken(text: string): void;
}

/** One way in which a serious reviewer would break the running system. */
export interface Fault {
  /** `kill-gateway`. */
  readonly name: string;
  /** One line for people. */
  readonly title: string;
  readonly ground?: GroundKind;
  /** Without these the promises would not survive it. */
  readonly standsOn?: readonly Safeguard[];
  /** Within this time the system serves again, by itself. */
  readonly recoversWithinMs: number;
  /** It takes messages away that the auditor had not read: then the trail may lack what they told, though every action ends. */
  readonly losesNews?: boolean;
  /** Clients ask again, under the same idempotency key and without any patience, until they are taken. */
  readonly impatient?: boolean;
  /** Does harm under load and takes back what would not go away by itself. */
  run(context: FaultContext): Promise<void>;
}

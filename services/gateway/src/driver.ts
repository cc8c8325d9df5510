import { envelope, type Outgoing, type Transport } from '@techno/actor';
import { type ActionRequested, actionRequested, HEADER } from '@techno/contracts';
import { type Clock, every, rfc3339 } from '@techno/kernel';

/**
 * Publishes accepted requests. What NATS does not take waits here for its return; what this process forgets the sweeper
 * drives from the inbox. Either way nothing accepted depends on this memory.
 */
export interface Driver {
  /** `drive` counts how often the request was driven before: each drive has an id of its own. False: NATS has not taken it yet. */
  drive(request: ActionRequested, traceparent: string, drive: number): Promise<boolean>;
  /** Accepted and not yet taken by NATS. */
  readonly backlog: number;
  /** Drives the backlog again, as long as the signal lets it. */
  run(signal: AbortSignal): Promise<void>;
}

const RETRY_MS = 500;
const AT_ONCE = 256;

export interface DriverDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Where this gateway hears results. */
  readonly replyTo: string;
  readonly connected: () => boolean;
  readonly onProblem: (fields: { problem: string; backlog: number }) => void;
}

export function createDriver({ transport, clock, replyTo, connected, onProblem }: DriverDeps): Driver {
  const waiting = new Map<string, Outgoing>();

  async function publish(message: Outgoing): Promise<boolean> {
    try {
      await transport.publish(message);
      waiting.delete(message.id);
      return true;
    } catch (error) {
      if (!waiting.has(message.id)) {
        waiting.set(message.id, message);
        if (waiting.size === 1)
          onProblem({ problem: error instanceof Error ? error.message : String(error), backlog: waiting.size });
      }
      return false;
    }
  }

  return {
    drive(request, traceparent, drive) {
      const message = envelope(actionRequested, request, {
        causeId: drive === 0 ? request.trace_id : `${request.trace_id}.drive${drive}`,
        source: 'gateway',
        traceparent,
        now: rfc3339(clock.now()),
        carried: { [HEADER.replyTo]: replyTo },
      });
      return publish(message);
    },
    get backlog() {
      return waiting.size;
    },
    run: (signal) =>
      every(RETRY_MS, signal, async () => {
        while (waiting.size > 0 && connected() && !signal.aborted) {
          const batch = [...waiting.values()].slice(0, AT_ONCE);
          const taken = await Promise.all(batch.map(publish));
          if (!taken.includes(true)) return;
        }
      }),
  };
}

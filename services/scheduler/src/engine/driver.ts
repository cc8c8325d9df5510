import { envelope, type Outgoing, type Transport } from '@techno/actor';
import {
  type ActionRequest,
  type ActionRequested,
  actionRequested,
  type CanonicalEvent,
  eventsOf,
  HEADER,
  jobDue,
  USER_SCHEDULE_JOB,
} from '@techno/contracts';
import { type Clock, rfc3339 } from '@techno/kernel';
import type { JobEvents, StoredRun } from '@techno/storage';

/** Publishes what runs ask for. It is committed before, so what NATS does not take is driven again from the record. */
export interface Driver {
  drive(runs: readonly StoredRun[]): Promise<void>;
}

export interface DriverDeps {
  readonly transport: Pick<Transport, 'publish'>;
  readonly events: Pick<JobEvents, 'undriven'>;
  readonly clock: Clock;
  /** Where this process hears how its actions end. */
  readonly replyTo: string;
  readonly logEvents: (events: readonly CanonicalEvent[]) => void;
}

export function createDriver({ transport, events, clock, replyTo, logEvents }: DriverDeps): Driver {
  return {
    async drive(runs) {
      const running = runs.filter(({ status }) => status === 'running');
      const taken = await Promise.allSettled(running.map((run) => transport.publish(messageOf(run, clock.now(), replyTo))));
      const begun = running.filter(({ jobName, drives }) => jobName === USER_SCHEDULE_JOB && drives === 0);
      for (const run of begun) logEvents(eventsOf['action.requested'](requestOf(run)));
      const refused = running.filter((_, index) => taken[index]?.status === 'rejected');
      await events.undriven(
        refused.map(({ id }) => id),
        new Date(clock.now()),
      );
    },
  };
}

function messageOf(run: StoredRun, nowMs: number, replyTo: string): Outgoing {
  const from = {
    // Each drive has an id of its own: the bus remembers the ones before.
    causeId: run.drives === 0 ? run.traceId : `${run.traceId}.drive${run.drives}`,
    source: 'scheduler',
    traceparent: run.traceparent,
    now: rfc3339(nowMs),
  };
  if (run.jobName === USER_SCHEDULE_JOB) {
    return envelope(actionRequested, requestOf(run), { ...from, carried: { [HEADER.replyTo]: replyTo } });
  }
  return envelope(
    jobDue,
    {
      run_id: run.id,
      trace_id: run.traceId,
      job_name: run.jobName,
      trigger: run.trigger,
      nominal_at: rfc3339(run.scheduledAt.getTime()),
    },
    from,
  );
}

/** On behalf of the schedule's owner, who is judged anew each time. */
function requestOf({ traceId, scheduleId, owner, payload, startedAt, scheduledAt }: StoredRun): ActionRequested {
  const request = payload as ActionRequest;
  return {
    trace_id: traceId,
    origin: 'schedule',
    credential: { kind: 'delegate', by: `schedule:${scheduleId}`, owner },
    address: '',
    request,
    bytes: Buffer.byteLength(JSON.stringify(request)),
    received_at: rfc3339((startedAt ?? scheduledAt).getTime()),
    replay: 0,
  };
}

import { DAY, HOUR, SECOND } from '@techno/kernel';
import { describe, expect, it } from 'vitest';
import { actionAllowed, actionAnswered, actionCompleted, actionDenied, actionFailed, actionRequested } from './actions.ts';
import { deadLettered } from './dead-letter.ts';
import { deadLetterActed } from './dlq-messages.ts';
import { jobDue, jobFinished, jobTicked } from './jobs.ts';
import {
  notificationAccepted,
  notificationDelivered,
  notificationDispatched,
  notificationFailed,
  notificationReceipt,
  notificationRefused,
  notificationRequested,
} from './notifications.ts';
import { stepDecided, stepEnded } from './steps.ts';
import { retrySubject, scheduleSubject, STREAMS, type StreamName } from './streams.ts';

const MESSAGES = [
  actionRequested,
  actionAllowed,
  actionDenied,
  actionCompleted,
  actionFailed,
  actionAnswered,
  stepDecided,
  stepEnded,
  notificationRequested,
  notificationReceipt,
  notificationAccepted,
  notificationRefused,
  notificationDispatched,
  notificationDelivered,
  notificationFailed,
  jobTicked,
  jobDue,
  jobFinished,
  deadLettered,
  deadLetterActed,
];

/** As NATS does: `*` is one token, `>` is one or more at the end. */
function covers(pattern: string, subject: string): boolean {
  const tokens = subject.split('.');
  const wanted = pattern.split('.');
  const open = wanted.at(-1) === '>';
  if (open ? tokens.length < wanted.length : tokens.length !== wanted.length) return false;
  return wanted.every((token, index) => token === '>' || token === '*' || token === tokens[index]);
}

const streamsOf = (subject: string): StreamName[] =>
  STREAMS.filter(({ subjects }) => subjects.some((pattern) => covers(pattern, subject))).map(({ name }) => name);

describe('STREAMS', () => {
  it('have distinct names', () => {
    expect(new Set(STREAMS.map(({ name }) => name)).size).toBe(STREAMS.length);
  });

  it('take every message, each in the stream that its contract names and in no other', () => {
    for (const { stream, pattern } of MESSAGES) {
      expect(streamsOf(pattern.replace('>', 'x')), pattern).toEqual([stream]);
    }
  });

  it('take the advisories that nobody else keeps', () => {
    for (const kind of ['MAX_DELIVERIES', 'MSG_TERMINATED']) {
      expect(streamsOf(`$JS.EVENT.ADVISORY.CONSUMER.${kind}.ACTIONS.execute`)).toEqual(['ADVISORIES']);
    }
  });

  it.each(STREAMS)('$name is bounded in size and time, and remembers ids for less than it keeps messages', (stream) => {
    expect(stream.maxBytes).toBeGreaterThan(0);
    expect(stream.maxAgeMs).toBeGreaterThanOrEqual(DAY);
    expect(stream.duplicateWindowMs).toBeGreaterThanOrEqual(SECOND);
    expect(stream.duplicateWindowMs).toBeLessThan(HOUR);
  });

  it('that hold schedules discard the oldest: newer servers refuse the two together otherwise', () => {
    const holding = STREAMS.filter(({ schedules }) => schedules);
    expect(holding.map(({ discard }) => discard)).toEqual(holding.map(() => 'old'));
  });
});

describe.each(STREAMS.filter(({ schedules }) => schedules))('retries on $name', ({ name }) => {
  it('are scheduled and fired within the stream, as JetStream demands', () => {
    expect(streamsOf(retrySubject(name, 'deliver-email'))).toEqual([name]);
    expect(streamsOf(scheduleSubject(name, 'deliver-email', 'id-1'))).toEqual([name]);
  });

  it('reach no other actor, and waiting ones reach none', () => {
    const waiting = scheduleSubject(name, 'deliver-email', 'id-1');
    const filters = [
      retrySubject(name, 'deliver'),
      retrySubject(name, 'deliver-sms'),
      actionRequested.pattern,
      actionAllowed.pattern,
    ];
    expect(filters.filter((filter) => covers(filter, retrySubject(name, 'deliver-email')))).toEqual([]);
    expect([...filters, retrySubject(name, 'deliver-email')].filter((filter) => covers(filter, waiting))).toEqual([]);
  });
});

describe('subjects', () => {
  it.each(['api', 'webhook', 'schedule'] as const)('a request from %s is covered by what the gates consume', (origin) => {
    const subject = actionRequested.subject({ origin } as Parameters<typeof actionRequested.subject>[0]);
    expect(subject).toBe(`action.requested.${origin}`);
    expect(covers(actionRequested.pattern, subject)).toBe(true);
  });

  it('an ALLOW goes to its executor, a dead letter to its actor', () => {
    expect(
      actionAllowed.subject({ allow: { executor: 'echo_executor_v1' } } as Parameters<typeof actionAllowed.subject>[0]),
    ).toBe('action.allowed.echo_executor_v1');
    expect(deadLettered.subject({ actor: 'execute' } as Parameters<typeof deadLettered.subject>[0])).toBe('dead_letter.execute');
  });
});

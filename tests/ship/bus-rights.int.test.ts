import { busRights, DURABLES, durablesOf, inboxPrefix, type ServiceName, SERVICES, STREAMS } from '@techno/contracts';
import { startNats, type TestNats } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusals } from './raw-nats.ts';

let nats: TestNats;
beforeAll(async () => {
  nats = await startNats({ violations: 'expected' });
});
afterAll(() => nats.stop());

/** As NATS does: `*` is one token, `>` is one or more at the end. */
function covers(pattern: string, subject: string): boolean {
  const [tokens, wanted] = [subject.split('.'), pattern.split('.')];
  const open = wanted.at(-1) === '>';
  if (open ? tokens.length < wanted.length : tokens.length !== wanted.length) return false;
  return wanted.every((token, index) => token === '>' || token === '*' || token === tokens[index]);
}
const literal = (pattern: string) => pattern.replaceAll('*', 'some').replace(/>$/, 'some.thing');
const unique = (subjects: readonly string[]) => [...new Set(subjects)].toSorted();

const ALL_DURABLES = SERVICES.flatMap((service) => durablesOf(service).map((durable) => ({ ...durable, service })));

/** For nobody but the operator, whatever the contracts may say. */
const OPERATORS_PUBLISH = unique([
  ...STREAMS.flatMap(({ name }) =>
    ['UPDATE', 'DELETE', 'PURGE', 'MSG.DELETE', 'SNAPSHOT', 'RESTORE', 'LEADER.STEPDOWN'].map(
      (verb) => `$JS.API.STREAM.${verb}.${name}`,
    ),
  ),
  ...STREAMS.flatMap(({ name }) => [`$JS.API.CONSUMER.CREATE.${name}`, `$JS.API.CONSUMER.CREATE.${name}.mine.>`]),
  ...ALL_DURABLES.flatMap(({ stream, name }) => [
    `$JS.API.CONSUMER.DELETE.${stream}.${name}`,
    `$JS.API.CONSUMER.PAUSE.${stream}.${name}`,
    `$JS.API.CONSUMER.UNPIN.${stream}.${name}`,
    `$JS.API.CONSUMER.CREATE.${stream}.${name}`,
    `$JS.API.CONSUMER.CREATE.${stream}.${name}.action.>`,
    `$JS.API.CONSUMER.CREATE.${stream}.${name}.dead_letter.>`,
  ]),
  '$JS.API.INFO',
  '$JS.API.STREAM.CREATE.OTHER',
  '$JS.API.STREAM.NAMES',
  '$SYS.REQ.SERVER.PING',
  '$SYS.REQ.USER.INFO',
  'action.unheard_of',
  'anything',
]);
const OPERATORS_SUBSCRIBE = unique([
  '>',
  '*',
  'action.>',
  'notification.>',
  'job.>',
  'dead_letter.>',
  'retry.>',
  'rpc.>',
  '_INBOX.>',
  '*.>',
  '$SYS.>',
  '$JS.API.>',
  '$JS.ACK.>',
  '$JS.EVENT.>',
  '$SRV.>',
]);

const PUBLISH = unique([
  ...SERVICES.flatMap((service) => Object.values(busRights(service).publish).flat().map(literal)),
  ...OPERATORS_PUBLISH,
]);
const SUBSCRIBE = unique([
  ...SERVICES.flatMap((service) => busRights(service).subscribe.allow.flatMap((pattern) => [pattern, literal(pattern)])),
  ...OPERATORS_SUBSCRIBE,
]);

describe.each(SERVICES)('the user of %s', (service) => {
  test(`is refused every publish (of ${PUBLISH.length} subjects) and subscription (of ${SUBSCRIBE.length}) that is not its own`, async () => {
    const { publish, subscribe } = busRights(service);
    const mayPublish = (subject: string) =>
      publish.allow.some((pattern) => covers(pattern, subject)) && !publish.deny.some((pattern) => covers(pattern, subject));
    const maySubscribe = (subject: string) => subscribe.allow.some((pattern) => covers(pattern, subject));
    const refused = await refusals(nats.urlOf(service), { publish: PUBLISH, subscribe: SUBSCRIBE });
    expect(unique([...refused.publish])).toEqual(PUBLISH.filter((subject) => !mayPublish(subject)));
    expect(unique([...refused.subscribe])).toEqual(SUBSCRIBE.filter((subject) => !maySubscribe(subject)));
  });

  test('has no right of the operator’s', async () => {
    const refused = await refusals(nats.urlOf(service), { publish: OPERATORS_PUBLISH, subscribe: OPERATORS_SUBSCRIBE });
    expect(OPERATORS_PUBLISH.filter((subject) => !refused.publish.has(subject))).toEqual([]);
    expect(OPERATORS_SUBSCRIBE.filter((subject) => !refused.subscribe.has(subject))).toEqual([]);
  });

  test('reaches no consumer of another service, and no inbox', async () => {
    const others = ALL_DURABLES.filter((durable) => durable.service !== service);
    const publish = others.flatMap(({ stream, name }) => [
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`,
      `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.${name}`,
      `$JS.ACK.${stream}.${name}.1.1.1.1.0`,
      `schedule.${stream}.${name}.1`,
    ]);
    const subscribe = SERVICES.filter((other) => other !== service).map((other) => `${inboxPrefix(other)}.>`);
    const refused = await refusals(nats.urlOf(service), { publish, subscribe });
    expect(publish.filter((subject) => !refused.publish.has(subject))).toEqual([]);
    expect(subscribe.filter((subject) => !refused.subscribe.has(subject))).toEqual([]);
  });

  test('is asked for its password', async () => {
    const wrong = nats.urlOf(service).replace(/:[^:@]+@/, ':wrong@');
    await expect(refusals(wrong, { publish: [], subscribe: [] })).rejects.toThrow('Authorization Violation');
  });
});

// By hand, from the table of services in the design: who may say what others act on.
const SAID_BY: readonly (readonly [string, readonly ServiceName[]])[] = [
  ['action.requested.api', ['gateway', 'dlq-replayer']],
  ['action.requested.webhook', ['gateway', 'dlq-replayer']],
  ['action.requested.schedule', ['scheduler', 'dlq-replayer']],
  ['action.allowed.echo_executor_v1', ['gate-engine']],
  ['action.denied', ['gate-engine', 'dlq-replayer']],
  ['action.completed', ['executor', 'dlq-replayer']],
  ['action.failed', ['executor', 'dlq-replayer']],
  ['action.answered', ['gateway', 'dlq-replayer']],
  ['notification.requested', ['executor', 'scheduler', 'dlq-replayer']],
  ['notification.delivered', ['notifier', 'dlq-replayer']],
  ['dlq.acted', ['dlq-replayer']],
  ['dead_letter.decide-action', ['gate-engine', 'dlq-replayer']],
  ['retry.ACTIONS.decide-action', ['dlq-replayer']],
  ['rpc.gate-engine.policy.apply', ['gateway']],
  ['rpc.gate-engine.key.create', ['gateway']],
  ['rpc.gate-engine.decision.step', ['executor']],
  ['rpc.dlq-replayer.dead_letter.replay', ['gateway']],
  ['result.0123456789abcdef', ['gate-engine', 'executor']],
  ['$JS.API.STREAM.MSG.GET.ACTIONS', ['dlq-replayer']],
  ['$JS.API.CONSUMER.MSG.NEXT.ACTIONS.decide-action', ['gate-engine']],
  ['$JS.API.CONSUMER.MSG.NEXT.ACTIONS.execute-echo_executor_v1', ['executor']],
  ['$JS.ACK.ACTIONS.record-actions.1.1.1.1.0', ['auditor']],
];

test.each(SAID_BY)('%s is said by %j alone', async (subject, speakers) => {
  const allowed: ServiceName[] = [];
  for (const service of SERVICES) {
    const refused = await refusals(nats.urlOf(service), { publish: [subject], subscribe: [] });
    if (!refused.publish.has(subject)) allowed.push(service);
  }
  expect(allowed).toEqual(SERVICES.filter((service) => speakers.includes(service)));
});

test('the operator may do everything', async () => {
  const refused = await refusals(nats.url, { publish: PUBLISH, subscribe: SUBSCRIBE });
  expect([...refused.publish, ...refused.subscribe]).toEqual([]);
});

test('no right of a service is open at its first token, and every durable belongs to one of them', () => {
  for (const service of SERVICES) {
    const { publish, subscribe } = busRights(service);
    for (const pattern of [...publish.allow, ...subscribe.allow]) expect(pattern).not.toMatch(/^[*>]|^\$JS\.(API\.)?[*>]/);
  }
  const names = ALL_DURABLES.map(({ stream, name }) => `${stream}/${name}`);
  expect(new Set(names).size).toBe(names.length);
  expect(Object.keys(DURABLES).toSorted()).toEqual([...SERVICES].toSorted());
});

import type { NotificationAnswer, NotificationRequested } from '@techno/contracts';
import { systemClock, TemporaryError, TerminalError } from '@techno/kernel';
import { expect, it } from 'vitest';
import type { NotifierPort } from '../notifier-port.ts';
import { callOf } from './call.fixture.ts';
import { executorConformance } from './executor.conformance.ts';
import { notifyExecutor } from './notify-executor.ts';

const payload = { recipients: ['ana'], text: { body: 'hello' } };

/** A notifier that answers as told, and remembers what it was asked. */
function notifierOf(answer: (body: NotificationRequested) => Promise<NotificationAnswer>) {
  const asked: NotificationRequested[] = [];
  const notifier: Pick<NotifierPort, 'request'> = {
    request(body) {
      asked.push(body);
      return answer(body);
    },
  };
  return { asked, executor: notifyExecutor({ notifier, clock: systemClock }) };
}

const accepting = (body: NotificationRequested) =>
  Promise.resolve({ asked: body.notification_id, trace_id: body.trace_id, deliveries: 1 });

executorConformance('notify_executor_v1', false, async () => ({
  executor: notifierOf(accepting).executor,
  good: callOf(payload),
  async [Symbol.asyncDispose]() {},
}));

it('asks under an id made from the trace and the step, the same however often', async () => {
  const { asked, executor } = notifierOf(accepting);
  const call = callOf(payload);
  const { result } = await executor.execute(call);
  await executor.execute({ ...call, attempt: 2 });
  await executor.execute({ ...call, step: 'tell' });
  const id = 'ntf_0123456789abcdef0123456789abcdef';
  expect(result).toEqual({ notification_id: id, deliveries: 1 });
  expect(asked.map(({ notification_id: one }) => one)).toEqual([id, id, `${id}.tell`]);
  expect(asked[0]).toMatchObject({ principal: 'key_1', context_id: 'default', awaited: true, request: { severity: 'normal' } });
  expect(executor.effect(call.spec)).toBe('keyed');
});

it.each([
  ['a refusal', new TerminalError('TEMPLATE_UNKNOWN', 'no')],
  ['silence', new TemporaryError('NOTIFIER_SILENT', 'no', { spendsAttempt: false })],
])('passes %s on', async (_name, error) => {
  await expect(notifierOf(() => Promise.reject(error)).executor.execute(callOf(payload))).rejects.toBe(error);
});

it.each([[{}], [{ recipients: [], text: { body: 'x' } }], [{ ...payload, template: { name: 'x' } }], [{ ...payload, extra: 1 }]])(
  '%j is no notification, and nobody is asked',
  async (wrong) => {
    const { asked, executor } = notifierOf(accepting);
    await expect(executor.execute(callOf(wrong))).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect(asked).toEqual([]);
  },
);

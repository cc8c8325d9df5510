import type { HandlerContext } from '@techno/actor';
import type { MessageContract, NotificationRequested } from '@techno/contracts';
import { TemporaryError, TerminalError } from '@techno/kernel';
import { expect, it } from 'vitest';
import type { Accepter } from '../accept.ts';
import { acceptNotification } from './accept-notification.ts';

const message: NotificationRequested = {
  notification_id: 'ntf_1',
  trace_id: `tr_${'a'.repeat(32)}`,
  principal: 'key_1',
  context_id: 'default',
  request: { recipients: ['ana'], text: { body: 'x' }, severity: 'normal' },
  requested_at: '2026-01-01T00:00:00.000Z',
};

async function handled(accept: Accepter['accept'], awaited: boolean) {
  const concluded: { type: string; body: unknown }[] = [];
  const conclude = (contract: MessageContract<never>, body: unknown) => void concluded.push({ type: contract.type, body });
  const accepter: Accepter = { accept, check: async () => ({ deliveries: 0 }) };
  const actor = acceptNotification({ accepter, pausedUntil: () => undefined });
  const thrown = await actor.handle({ ...message, awaited }, { conclude } as unknown as HandlerContext).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { concluded, thrown };
}

const refusing = () => Promise.reject(new TerminalError('TEMPLATE_UNKNOWN', 'there is no such template'));

it('says that it is committed, after it is', async () => {
  let committed = false;
  const accept = async () => {
    committed = true;
    return { deliveries: 2 };
  };
  const { concluded } = await handled(accept, true);
  expect(committed).toBe(true);
  expect(concluded).toMatchObject([{ type: 'notification.accepted', body: { asked: 'ntf_1', deliveries: 2 } }]);
});

it('what could never be sent goes to the dead letters, unless somebody waits: then it is told so', async () => {
  expect((await handled(refusing, false)).thrown).toMatchObject({ code: 'TEMPLATE_UNKNOWN' });
  expect(await handled(refusing, true)).toMatchObject({
    thrown: undefined,
    concluded: [{ type: 'notification.refused', body: { asked: 'ntf_1', code: 'TEMPLATE_UNKNOWN' } }],
  });
});

it('what may work later is tried again, whoever waits', async () => {
  const away = () => Promise.reject(new TemporaryError('STORE_UNAVAILABLE', 'away'));
  expect((await handled(away, true)).thrown).toMatchObject({ code: 'STORE_UNAVAILABLE' });
});

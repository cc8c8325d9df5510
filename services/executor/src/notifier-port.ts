import { envelope, type Transport } from '@techno/actor';
import {
  HEADER,
  type MessageContract,
  type NotificationAnswer,
  notificationAccepted,
  notificationReceipt,
  type NotificationReceipt,
  notificationRefused,
  type NotificationRefused,
  notificationRequested,
  type NotificationRequested,
} from '@techno/contracts';
import { type Bus, listenForReplies } from '@techno/jetstream';
import { type Clock, randomHex, rfc3339, SECOND, TemporaryError, TerminalError } from '@techno/kernel';

/**
 * The way to the notifier: a message on its stream, and the word that it is committed. Only then is the action done, so that what is
 * lost between here and there is asked for again. Throws TerminalError with the notifier's own code where it refuses, TemporaryError
 * NOTIFIER_SILENT where it does not answer.
 */
export interface NotifierPort {
  request(body: NotificationRequested, asking: Asking): Promise<NotificationAnswer>;
  receipt(body: NotificationReceipt, asking: Asking): Promise<NotificationAnswer>;
}

/** On whose behalf. */
export interface Asking {
  readonly traceparent: string;
  readonly signal: AbortSignal;
}

/** The notifier commits within milliseconds; past this it is away, and the action is tried again without an attempt spent. */
const ANSWER_WITHIN_MS = 5 * SECOND;

export interface NotifierPortDeps {
  readonly bus: Bus;
  readonly transport: Pick<Transport, 'publish'>;
  readonly clock: Clock;
}

export function notifierPort({ bus, transport, clock }: NotifierPortDeps): { port: NotifierPort; close: () => Promise<void> } {
  const replyTo = `notified.${randomHex(8)}`;
  const waiting = new Map<string, (answer: NotificationAnswer | NotificationRefused) => void>();
  const close = listenForReplies(bus, replyTo, (type, body) => {
    if (type !== notificationAccepted.type && type !== notificationRefused.type) return;
    const answer = body as NotificationAnswer | NotificationRefused;
    waiting.get(answer.asked)?.(answer);
  });

  async function ask<Body extends { trace_id: string }>(
    contract: MessageContract<Body>,
    id: string,
    body: Body,
    { traceparent, signal }: Asking,
  ): Promise<NotificationAnswer> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
    const answered = new Promise<NotificationAnswer | NotificationRefused | undefined>((resolve) => {
      waiting.set(id, resolve);
      limit.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    try {
      const message = envelope(contract, body, {
        // A repeat must arrive: the stream would drop one of the same id.
        causeId: `${id}.${randomHex(8)}`,
        source: 'executor',
        traceparent,
        now: rfc3339(clock.now()),
        carried: { [HEADER.replyTo]: replyTo },
      });
      await transport.publish(message);
      const answer = await answered;
      if (answer === undefined) {
        throw new TemporaryError('NOTIFIER_SILENT', 'the notifier has not committed it yet', { spendsAttempt: false });
      }
      if ('code' in answer) throw new TerminalError(answer.code, answer.message);
      return answer;
    } finally {
      waiting.delete(id);
    }
  }

  return {
    close,
    port: {
      request: (body, asking) => ask(notificationRequested, body.notification_id, body, asking),
      receipt: (body, asking) => ask(notificationReceipt, body.receipt_id, body, asking),
    },
  };
}

import type { ChannelName, Contact } from '@techno/contracts';
import { type Clock, SECOND, TerminalError } from '@techno/kernel';
import type { Change, Contacts, Deliveries, Delivery, Notifications, Skip, Transition } from '@techno/storage';
import type { Channel, Outbound } from '../channels/channel.ts';
import { afterAttempt, nextChannel, type Outcome, settled } from '../delivery/after-attempt.ts';
import { newsOf } from '../delivery/news.ts';
import { type Preflight, preflight } from '../delivery/plan.ts';
import type { DeliveryPolicy } from '../delivery/policy.ts';
import type { NotifierMetrics } from '../metrics.ts';
import { contactOf } from '../recipients.ts';
import { renderDigest, type Rendered } from '../templates/render.ts';
import type { Words } from '../words.ts';
import type { OnCall } from './call-span.ts';
import { insist } from './insist.ts';
import type { CallResult, Intake } from './intake.ts';

export interface DeliverDeps {
  readonly deliveries: Deliveries;
  readonly notifications: Notifications;
  readonly contacts: Contacts;
  readonly words: Words;
  readonly channels: ReadonlyMap<ChannelName, Channel>;
  readonly policy: DeliveryPolicy;
  readonly clock: Clock;
  readonly random: () => number;
  /** How long a call may take; past it another replica may take the delivery over. The channels give up earlier. */
  readonly leaseMs: number;
  readonly metrics: NotifierMetrics;
  readonly onCall?: OnCall | undefined;
  /** Something may be due elsewhere now. */
  readonly poke: (channel: ChannelName | undefined) => void;
}

/** One claimed delivery, to the end of one call: look, commit the start, call, commit the outcome. */
export async function deliver(
  delivery: Delivery,
  intake: Intake,
  channel: Channel,
  signal: AbortSignal,
  deps: DeliverDeps,
): Promise<void> {
  const held = { heldUntilMs: deps.clock.now() + deps.leaseMs, clock: deps.clock, signal };
  const ready = await insist(() => prepare(delivery, channel, deps), held);
  if (ready === undefined) return;
  const called = deps.onCall?.(delivery, channel, ready.number);
  const result = await intake.call(ready.message, signal);
  called?.(result);
  deps.metrics.attempt(channel.name, result.class);
  await insist(() => record(delivery, ready, result, intake, channel, deps), {
    ...held,
    heldUntilMs: ready.startedAtMs + deps.leaseMs,
  });
}

/** A message whose call is about to be made, and is on record as begun. */
interface Ready {
  readonly message: Outbound;
  readonly number: number;
  readonly startedAtMs: number;
}

/** Undefined: it goes elsewhere, or somebody else holds it by now. */
async function prepare(delivery: Delivery, channel: Channel, deps: DeliverDeps): Promise<Ready | undefined> {
  const { clock, deliveries } = deps;
  const { contact, checks } = await look(delivery, deps);
  const here = checks[0];
  if (here?.kind !== 'send') {
    await passOn(delivery, checks, deps);
    return undefined;
  }
  let message: Outbound;
  try {
    message = await compose(delivery, contact, channel.name, here.address, deps);
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    await conclude(delivery, () => ({ transition: nextChannel(delivery, error.code, clock.now()) }), deps);
    return undefined;
  }
  const startedAtMs = clock.now();
  const number = await deliveries.start(delivery, {
    provider: channel.provider,
    at: new Date(startedAtMs),
    leaseUntil: new Date(startedAtMs + deps.leaseMs),
  });
  return number === undefined ? undefined : { message, number, startedAtMs };
}

async function record(
  delivery: Delivery,
  { message, number }: Ready,
  result: CallResult,
  intake: Intake,
  channel: Channel,
  deps: DeliverDeps,
): Promise<void> {
  if (result.class !== 'ACCEPTED' && result.suppress) {
    const since = new Date(deps.clock.now());
    await deps.contacts.suppress({ channel: channel.name, address: message.to, reason: result.code, since });
  }
  // Judged when it is written: until then it may have turned out that the provider is away.
  let judged = result;
  const held = await conclude(
    delivery,
    (current) => changeAfter(current, number, (judged = intake.judge(result)), channel, deps),
    deps,
  );
  if (held && judged.class === 'FAILED_TEMPORARY' && judged.aboutChannel && judged.spent)
    intake.charged({ deliveryId: delivery.id, attempt: number });
}

/** The change that the result of attempt `number` makes. */
export function changeAfter(
  current: Delivery,
  number: number,
  result: CallResult,
  channel: Channel,
  { clock, policy, random }: Pick<DeliverDeps, 'clock' | 'policy' | 'random'>,
): Change {
  const nowMs = clock.now();
  const accepted = result.class === 'ACCEPTED';
  return {
    transition: afterAttempt({ ...current, provider: channel.provider }, outcomeOf(result, channel), { nowMs, policy, random }),
    attempt: {
      number,
      class: result.class,
      code: accepted ? undefined : result.code,
      spent: accepted || result.spent,
      providerMessageId: accepted ? result.providerMessageId : undefined,
      finishedAt: new Date(nowMs),
    },
  };
}

function outcomeOf(result: CallResult, { receipts }: Channel): Outcome {
  switch (result.class) {
    case 'ACCEPTED':
      return { class: 'ACCEPTED', receipts: receipts && result.providerMessageId !== undefined };
    case 'FAILED_TEMPORARY':
      return { class: 'FAILED_TEMPORARY', code: result.code, retryAfterMs: result.retryAfterMs, spent: result.spent };
    case 'FAILED_PERMANENT':
      return { class: 'FAILED_PERMANENT', code: result.code };
    case 'UNKNOWN':
      // Without its id a receipt could not be told from another's; the wait for one is all the same the chance of it.
      return { class: 'UNKNOWN', code: result.code, receipts };
  }
}

/** Moves a delivery that this process holds, and counts and announces what came of it. False: it was no longer held. */
async function conclude(delivery: Delivery, decide: (current: Delivery) => Change, deps: DeliverDeps): Promise<boolean> {
  let made: Change | undefined;
  const held = await deps.deliveries.move(delivery, (current) => (made = withNews(current, decide(current), deps.clock.now())));
  if (held && made?.transition !== undefined) count(delivery, made.transition, deps);
  return held;
}

/** Adds what is to be told of a change. */
export function withNews(current: Delivery, change: Change, nowMs: number): Change {
  if (change.transition === undefined) return change;
  return { ...change, newsOf: newsOf(current, change.transition, change.skips?.length ?? 0, nowMs) };
}

/** What every change is counted by. */
export function count(
  delivery: Delivery,
  to: Transition,
  { metrics, clock, poke }: Pick<DeliverDeps, 'metrics' | 'clock' | 'poke'>,
): void {
  const channel = delivery.channels[to.position];
  if (to.position > delivery.position && to.state === 'QUEUED')
    metrics.fellBack(delivery.channels[delivery.position], to.code ?? '');
  if (to.state === 'QUEUED') poke(channel);
  else poke(delivery.channels[delivery.position]);
  if (to.settledAt !== null) metrics.settled(channel, to.state, (clock.now() - delivery.acceptedAt.getTime()) / SECOND);
}

async function look(delivery: Delivery, deps: DeliverDeps): Promise<{ contact: Contact | undefined; checks: Preflight[] }> {
  const stored =
    delivery.given === undefined ? (await deps.contacts.find([delivery.recipient])).get(delivery.recipient) : undefined;
  const contact = delivery.given === undefined ? stored?.contact : contactOf(delivery.given);
  const rest = delivery.channels.slice(delivery.position);
  const addresses = rest.flatMap((channel) => {
    const address = contact?.addresses[channel];
    return address === undefined ? [] : [{ channel, address }];
  });
  const suppressed = new Set((await deps.contacts.suppressed(addresses)).map(({ channel }) => channel));
  const nowMs = deps.clock.now();
  const checks = rest.map((channel) =>
    preflight(contact, channel, delivery.severity, {
      configured: deps.channels.has(channel),
      suppressed: suppressed.has(channel),
      nowMs,
    }),
  );
  return { contact, checks };
}

/** Not now, or not on this channel: on to the first that can, or to the end. */
async function passOn(delivery: Delivery, checks: readonly Preflight[], deps: DeliverDeps): Promise<boolean> {
  const nowMs = deps.clock.now();
  const at = new Date(nowMs);
  const next = checks.findIndex(({ kind }) => kind !== 'skip');
  const passed = next === -1 ? checks : checks.slice(0, next);
  const skips: Skip[] = passed.flatMap((check, index) => {
    const channel = delivery.channels[delivery.position + index];
    return check.kind === 'skip' && channel !== undefined ? [{ channel, code: check.code, at }] : [];
  });
  for (const { channel } of skips) deps.metrics.attempt(channel, 'SKIPPED');
  const lastCode = skips.at(-1)?.code ?? null;
  return conclude(
    delivery,
    (current) => {
      if (next === -1) {
        // Having failed elsewhere it has failed; having been tried nowhere it was skipped.
        if (current.confirmed) return { transition: nextChannel(current, '', nowMs), skips };
        const tried = current.position > 0 || current.tries > 0;
        const stands = { ...current, position: current.channels.length - 1 };
        return { transition: settled(stands, tried ? 'FAILED' : 'SKIPPED', lastCode, nowMs), skips };
      }
      const check = checks[next];
      const waits = check?.kind === 'wait';
      const transition: Transition = {
        state: 'QUEUED',
        position: current.position + next,
        tier: waits ? 'held' : next === 0 ? current.tier : 'fast',
        tries: next === 0 ? current.tries : 0,
        dueAt: waits ? check.until : at,
        provider: null,
        code: waits ? 'QUIET_HOURS' : lastCode,
        settledAt: null,
      };
      return { transition, skips };
    },
    deps,
  );
}

async function compose(
  delivery: Delivery,
  contact: Contact | undefined,
  channel: ChannelName,
  to: string,
  deps: DeliverDeps,
): Promise<Outbound> {
  const locale = contact?.locale ?? 'en';
  const own = await deps.words.of(delivery.request, delivery.templateVersion, locale, channel);
  let rendered: Rendered = own;
  if (delivery.digestKey !== undefined) {
    const parts = await deps.notifications.partsOf(delivery.id);
    const others = await Promise.all(parts.map((part) => deps.words.of(part.request, part.templateVersion, locale, channel)));
    rendered = renderDigest([own, ...others], channel);
  }
  return {
    ...rendered,
    key: `${delivery.id}.${channel}`,
    to,
    media: delivery.request.media,
    severity: delivery.severity,
    notificationId: delivery.notificationId,
    recipient: delivery.recipient,
  };
}

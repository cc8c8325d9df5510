import { HOUR, MINUTE, SECOND } from '@techno/kernel';
import { ask, type Asked } from '../traffic/ask.ts';
import { Agent } from 'node:http';
import { standard } from '../../support/sign.ts';
import type { StackFile } from '../../e2e/launched.ts';
import type { Fault } from '../fault.ts';

/** The tolerance of Standard Webhooks is five minutes to either side. */
const SENDERS_S = [
  { offS: -400, status: 401 },
  { offS: -200, status: 202 },
  { offS: 0, status: 202 },
  { offS: 200, status: 202 },
  { offS: 400, status: 401 },
];

export const senderClocks: Fault = {
  name: 'clock-skew-senders',
  title: 'webhooks signed by senders whose clocks are up to 400 s off',
  recoversWithinMs: 30 * SECOND,
  async run(context) {
    const stack = await context.stack();
    const agent = new Agent();
    for (const { offS, status } of SENDERS_S) {
      const { status: got } = await ask(agent, stack.gateway, signedAt(stack, offS));
      if (got !== status) context.broken(`signed ${offS} s off: answered ${got} instead of ${status}`);
    }
    agent.destroy();
    context.note('±200 s taken, ±400 s refused');
  },
};

function signedAt(stack: StackFile, offS: number): Asked {
  const id = `clock-${offS}-${Date.now()}`;
  const { body, headers } = standard(
    stack.webhook.secret,
    JSON.stringify({ id }),
    `msg_${id}`,
    Math.floor(Date.now() / 1_000) + offS,
  );
  return { path: `/v1/webhooks/${stack.webhook.source}`, headers, body };
}

export const executorClock: Fault = {
  name: 'clock-skew-executor',
  title: "the executors' clocks two hours ahead: every ALLOW seems to have expired",
  ground: 'clocks',
  standsOn: ['sweeper'],
  recoversWithinMs: 1 * MINUTE,
  async run(context) {
    await context.setClock('executor', 2 * HOUR);
    try {
      await context.wait(context.holdMs);
    } finally {
      await context.setClock('executor', 0);
    }
  },
};

export const engineClock: Fault = {
  name: 'clock-skew-gate-engine',
  title: "the gate-engines' clocks half an hour behind",
  ground: 'clocks',
  recoversWithinMs: 1 * MINUTE,
  async run(context) {
    await context.setClock('gate-engine', -30 * MINUTE);
    try {
      await context.wait(context.holdMs);
    } finally {
      await context.setClock('gate-engine', 0);
    }
  },
};

import { describe, expect, it } from 'vitest';
import { busRights } from './bus-rights.ts';
import { DURABLES, durablesOf, isForeignSchedule } from './durables.ts';
import * as contracts from './index.ts';
import { isMessage, isRequest, MESSAGES, REQUESTS } from './registry.ts';
import { SERVICES } from './services.ts';
import { STREAMS } from './streams.ts';

describe('the registry', () => {
  it('holds every message and every request that there is', () => {
    const exported: unknown[] = Object.values(contracts);
    expect(exported.filter(isMessage).filter((contract) => !MESSAGES.includes(contract))).toEqual([]);
    expect(exported.filter(isRequest).filter((contract) => !REQUESTS.includes(contract))).toEqual([]);
    for (const { type } of MESSAGES) expect(MESSAGES.filter((other) => other.type === type)).toHaveLength(1);
  });

  it('gives an owner no more than the message’s own subjects', () => {
    for (const { pattern, owners, shares = {} } of MESSAGES) {
      for (const [owner, parts] of Object.entries(shares)) {
        expect(owners).toContain(owner);
        for (const part of parts) expect(part.startsWith(pattern.replace(/>$/, ''))).toBe(true);
      }
    }
  });
});

describe('rights', () => {
  it.each(SERVICES)('of %s to a consumer come with its actor', (service) => {
    const { allow } = busRights(service).publish;
    for (const { stream, name } of durablesOf(service)) {
      expect(STREAMS.map((spec) => spec.name)).toContain(stream);
      for (const subject of [`$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`, `$JS.ACK.${stream}.${name}.>`, `dead_letter.${name}`])
        expect(allow).toContain(subject);
    }
  });

  it('to ask are had by who is named, and by the gateway where nobody is', () => {
    expect(busRights('gateway').publish.allow).toContain('rpc.gate-engine.policy.apply');
    expect(busRights('gateway').publish.allow).not.toContain('rpc.gate-engine.decision.step');
    expect(busRights('executor').publish.allow).toContain('rpc.gate-engine.decision.step');
  });

  it('to say that an action is allowed are the gate-engine’s alone', () => {
    const mayAllow = SERVICES.filter((service) =>
      busRights(service).publish.allow.some((subject) => /^action\.(allowed|>)/.test(subject)),
    );
    expect(mayAllow).toEqual(['gate-engine']);
  });
});

describe('a schedule', () => {
  const [durable = ''] = DURABLES.executor.ACTIONS ?? [];

  it.each([
    [undefined, false],
    [`schedule.ACTIONS.${durable}.1`, false],
    ['schedule.ACTIONS.decide-action.1', true],
    ['schedule.ACTIONS.nobody.1', false],
  ])('%s is another’s: %s', (scheduler, expected) => {
    expect(isForeignSchedule(durable, scheduler)).toBe(expected);
  });
});

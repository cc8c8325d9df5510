import { expect, it } from 'vitest';
import { known } from './facts.ts';
import { g9System } from './g9-system.ts';
import { rateState, samplePolicyInput, sampleInput, type Spoiled } from './sample-input.ts';

const { echo, raw } = samplePolicyInput.actions;
const switchedOff = { actions: { raw, echo: { ...echo, enabled: false } } };
const usedUp = { quota: known({ state: 'exceeded' as const, rate: rateState }) };

it.each<[string, Spoiled, string]>([
  ['open', {}, 'pass'],
  ['kill switch', { policy: { killSwitch: true } }, 'SYSTEM_CLOSED'],
  ['kill switch, for root too', { policy: { killSwitch: true }, identity: { root: true } }, 'SYSTEM_CLOSED'],
  ['maintenance', { policy: { maintenance: true } }, 'SYSTEM_CLOSED'],
  ['maintenance, for root too', { policy: { maintenance: true }, identity: { root: true } }, 'SYSTEM_CLOSED'],
  ['maintenance, of other roles', { policy: { maintenance: true, maintenanceRoles: ['guest'] } }, 'SYSTEM_CLOSED'],
  ['maintenance, of this role', { policy: { maintenance: true, maintenanceRoles: ['developer'] } }, 'pass'],
  [
    'kill switch during maintenance',
    { policy: { killSwitch: true, maintenance: true, maintenanceRoles: ['developer'] } },
    'SYSTEM_CLOSED',
  ],
  ['action switched off', { policy: switchedOff }, 'FEATURE_DISABLED'],
  ['action unknown', { action: 'nothing' }, 'FEATURE_DISABLED'],
  ['quota used up', { facts: usedUp }, 'QUOTA_EXCEEDED'],
])('G9: %s', (_name, spoiled, expected) => {
  const outcome = g9System.check(sampleInput(spoiled));
  expect(outcome === 'pass' ? outcome : outcome.reason).toBe(expected);
});

it('G9 says when the quota opens again', () => {
  expect(g9System.check(sampleInput({ facts: usedUp }))).toEqual({ reason: 'QUOTA_EXCEEDED', rate: rateState });
});

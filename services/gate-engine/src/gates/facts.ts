import type { Limits, Principal, RateState } from '@techno/contracts';
import { TechnoError } from '@techno/kernel';
import { type CompiledPolicy, isCompiledPolicy } from '../policy/compile.ts';

/**
 * Something the caller found out for a gate. It is asked for only by the gate that needs it, answers the same all through
 * one evaluation, and throws where it could not be had: then that gate denies.
 */
export type Fact<T> = () => T;

/** A credential as its record has it. Times are epoch milliseconds; a `revokedAt` to come is the overlap of a rotation. */
export interface Identity {
  /** `key_…`, or `webhook:<source>`; for a delegate, its owner's. */
  readonly id: string;
  readonly kind: Principal['kind'];
  readonly role: string;
  /** Patterns of the contexts this credential may act in. */
  readonly contexts: readonly string[];
  readonly revokedAt?: number | undefined;
  readonly expiresAt?: number | undefined;
  /** IP addresses or CIDR ranges; empty means any. */
  readonly allowedAddresses: readonly string[];
  readonly limits: Limits;
  /** Passes G10 for every known action, and no other gate. */
  readonly root?: boolean | undefined;
}

/** One window of a counter that all replicas share. `unlimited`: nothing counts here. */
export type RateFact = { readonly state: 'ok' | 'exceeded'; readonly rate: RateState } | { readonly state: 'unlimited' };

export interface Facts {
  /** The record the credential belongs to; undefined where there is none. */
  readonly identity: Fact<Identity | undefined>;
  readonly policy: Fact<CompiledPolicy>;
  /** The minute window, already taken from for this request. */
  readonly rate: Fact<RateFact>;
  /** The day window, the same. */
  readonly quota: Fact<RateFact>;
  /** Whether this nonce or webhook message was already acted on under another trace. */
  readonly seen: Fact<boolean>;
  /** How long ago the replicated facts (identities, policy) were last known to be current. */
  readonly factsAgeMs: Fact<number>;
  readonly factsMaxAgeMs: number;
}

/** A fact that is at hand. */
export function known<T>(value: T): Fact<T> {
  return () => value;
}

/** A fact that could not be had. */
export function unavailable(cause: unknown): Fact<never> {
  return () => {
    throw cause;
  };
}

/** A fact that cannot be believed: too old, or not of its shape. Never leaves the process; the caller reads GATE_ERROR. */
export class FactError extends TechnoError {}

/** The record, or undefined where nobody is known by that credential. Throws a FactError. */
export function lookUpIdentity(facts: Facts): Identity | undefined {
  ensureFresh(facts);
  const identity = facts.identity();
  if (identity !== undefined && !isIdentity(identity)) throw garbled('identity');
  return identity;
}

/** The record of somebody G1 has let pass. Throws a FactError. */
export function identityOf(facts: Facts): Identity {
  const identity = lookUpIdentity(facts);
  if (identity === undefined) throw new FactError('FACT_MISSING', 'nobody was recognised');
  return identity;
}

/** Throws a FactError. */
export function policyOf(facts: Facts): CompiledPolicy {
  ensureFresh(facts);
  const policy = facts.policy();
  if (!isCompiledPolicy(policy)) throw garbled('policy');
  return policy;
}

/** The window that is used up, or undefined while it is not. Throws a FactError. */
export function exceeded(facts: Facts, window: 'rate' | 'quota'): RateState | undefined {
  ensureFresh(facts);
  const fact = facts[window]();
  if (fact?.state === 'unlimited') return undefined;
  if ((fact?.state !== 'ok' && fact?.state !== 'exceeded') || !isRateState(fact.rate)) throw garbled(window);
  return fact.state === 'exceeded' ? fact.rate : undefined;
}

/** Throws a FactError. */
export function wasSeen(facts: Facts): boolean {
  ensureFresh(facts);
  const seen = facts.seen();
  if (typeof seen !== 'boolean') throw garbled('seen');
  return seen;
}

function ensureFresh(facts: Facts): void {
  const ageMs = facts.factsAgeMs();
  const maxAgeMs = facts.factsMaxAgeMs;
  // A comparison alone would take null and [] for an age of 0.
  if (!Number.isFinite(ageMs) || !Number.isFinite(maxAgeMs) || ageMs < 0 || ageMs > maxAgeMs)
    throw new FactError('FACTS_STALE', `facts are ${String(ageMs)} ms old`);
}

function garbled(fact: string): FactError {
  return new FactError('FACT_GARBLED', `the fact '${fact}' is not of its shape`);
}

function isIdentity(value: Identity | null): value is Identity {
  return (
    typeof value === 'object' &&
    value !== null &&
    isName(value.id) &&
    isName(value.kind) &&
    isName(value.role) &&
    isStrings(value.contexts) &&
    isStrings(value.allowedAddresses) &&
    isTimeOrAbsent(value.revokedAt) &&
    isTimeOrAbsent(value.expiresAt) &&
    (value.root === undefined || typeof value.root === 'boolean')
  );
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isTimeOrAbsent(value: unknown): boolean {
  return value === undefined || Number.isFinite(value);
}

function isRateState(value: RateState | undefined): boolean {
  return (
    value !== undefined &&
    Number.isFinite(value.limit) &&
    Number.isFinite(value.remaining) &&
    Number.isFinite(value.resetSeconds) &&
    Number.isFinite(value.windowSeconds)
  );
}

import {
  type ActionAllowed,
  type ActionDenied,
  type ActionRequest,
  type ActionRequested,
  type AllowKeys,
  type Decision,
  type GateName,
  inputHash,
  type Principal,
  type RateState,
  type ReasonCode,
  signAllow,
} from '@techno/contracts';
import { type Clock, DAY, MINUTE, newId, rfc3339 } from '@techno/kernel';
import type { DecisionRow, Decisions, Nonces } from '@techno/storage';
import { evaluateGates, type Evaluation } from './gates/evaluate.ts';
import { type Facts, type Identity, known, type RateFact, unavailable } from './gates/facts.ts';
import { g2Credential } from './gates/g2-credential.ts';
import type { Limiter } from './limiter.ts';
import { FACTS_MAX_AGE_MS, type LiveFacts } from './live-facts.ts';
import { effectiveLimits } from './policy/limits.ts';

/** What is kept of a decision beside its columns: all that is needed to publish it again. */
export interface DecisionRecord {
  readonly principal?: Principal | undefined;
  readonly micros: number[];
  readonly executor?: string | undefined;
  readonly fallbacks?: string[] | undefined;
  readonly gate?: GateName | undefined;
  readonly reason_codes?: ReasonCode[] | undefined;
  readonly message?: string | undefined;
  readonly rate?: RateState | undefined;
}

export type Decided =
  | { readonly outcome: 'ALLOW'; readonly body: ActionAllowed; readonly evaluation: Evaluation }
  | { readonly outcome: 'DENY'; readonly body: ActionDenied; readonly evaluation: Evaluation };

export interface DeciderDeps {
  readonly facts: LiveFacts;
  readonly limiter: Limiter;
  readonly nonces: Nonces;
  readonly decisions: Decisions<DecisionRecord>;
  readonly allowKeys: AllowKeys;
  readonly allowLifetimeMs: number;
  readonly clock: Clock;
}

export interface DecideOptions {
  readonly identity?: Identity | undefined;
  readonly recordAs?: string;
  readonly traceparent?: string | undefined;
}

/** Asks the gates, and answers only with what is on record. */
export interface Decider {
  /**
   * Decides a request. `recordAs` is the key of the record where it is not the trace itself (a step of a composite);
   * `traceparent` is where its commit is seen.
   * Throws TemporaryError STORE_UNAVAILABLE: while the record is away nothing is decided.
   */
  decide(message: ActionRequested, options?: DecideOptions): Promise<Decided>;
  /** The facts of a request; `count: false` looks without taking from rates or claiming nonces. */
  gather(message: ActionRequested, options: { identity?: Identity | undefined; count: boolean }): Promise<Facts>;
}

const UNLIMITED: RateFact = { state: 'unlimited' };

export function createDecider(deps: DeciderDeps): Decider {
  const { facts, limiter, nonces, decisions, allowKeys, clock } = deps;

  async function gather(message: ActionRequested, options: { identity?: Identity | undefined; count: boolean }): Promise<Facts> {
    await facts.confirm();
    const identity = options.identity ?? facts.identity(message.credential);
    const policy = facts.policy();
    const base: Facts = {
      identity: known(identity),
      policy: policy === undefined ? unavailable(new Error('no policy is in force')) : known(policy),
      rate: known(UNLIMITED),
      quota: known(UNLIMITED),
      seen: known(false),
      factsAgeMs: () => facts.ageMs(),
      factsMaxAgeMs: FACTS_MAX_AGE_MS,
    };
    // Who is not let past G2 takes nothing from the rate of the credential, and claims no nonce in its name.
    if (identity === undefined || !options.count || !isGood(base, message, clock.now())) return base;
    if (policy === undefined) return { ...base, rate: base.policy as never, quota: base.policy as never };
    const { perMinute, perDay } = effectiveLimits(policy, identity.role, identity.limits);
    // One after the other: what the minute refuses must not use up the day.
    const rate = perMinute === undefined ? UNLIMITED : await limiter.take(identity.id, perMinute, MINUTE);
    const quota = perDay === undefined || rate.state === 'exceeded' ? UNLIMITED : await limiter.take(identity.id, perDay, DAY);
    const holder =
      message.nonce === undefined
        ? undefined
        : await nonces.claim({ caller: identity.id, nonce: message.nonce, traceId: message.trace_id });
    return { ...base, rate: known(rate), quota: known(quota), seen: known(holder !== undefined && holder !== message.trace_id) };
  }

  async function decide(message: ActionRequested, options: DecideOptions = {}): Promise<Decided> {
    const gathered = await gather(message, { identity: options.identity, count: true });
    const now = clock.now();
    const evaluation = evaluateGates({ request: message, facts: gathered, now });
    const identity = options.identity ?? facts.identity(message.credential);
    const row = rowOf(message, evaluation, identity, now, options.recordAs ?? message.trace_id);
    const standing = await decisions.record(
      options.traceparent === undefined ? row : { ...row, traceparent: options.traceparent },
    );
    return bodyOf(message, standing, evaluation);
  }

  function rowOf(
    message: ActionRequested,
    evaluation: Evaluation,
    identity: Identity | undefined,
    now: number,
    traceId: string,
  ): DecisionRow<DecisionRecord> {
    const principal = identity && { id: identity.id, kind: identity.kind, role: identity.role };
    const { outcome } = evaluation;
    const micros = evaluation.verdicts.map((verdict) => verdict.micros);
    return {
      traceId,
      replay: message.replay,
      decisionId: newId('dec', now),
      outcome,
      policyRevision: facts.policy()?.revision ?? 0,
      inputHash: inputHash(message.request),
      decidedAt: rfc3339(now),
      expiresAt: outcome === 'ALLOW' ? rfc3339(now + deps.allowLifetimeMs) : undefined,
      record:
        evaluation.outcome === 'ALLOW'
          ? { principal, micros, executor: evaluation.executor, fallbacks: evaluation.fallbacks }
          : {
              principal,
              micros,
              gate: evaluation.gate,
              reason_codes: evaluation.reason_codes,
              message: evaluation.message,
              rate: evaluation.rate,
            },
    };
  }

  function bodyOf(message: ActionRequested, row: DecisionRow<DecisionRecord>, evaluation: Evaluation): Decided {
    const { record } = row;
    const decision: Decision = {
      decision_id: row.decisionId,
      policy_revision: row.policyRevision,
      micros: record.micros,
      input_hash: row.inputHash,
      decided_at: row.decidedAt,
    };
    const { trace_id, received_at, replay } = message;
    // The record is believed only where it is whole: an ALLOW without its parts is none.
    if (row.outcome === 'ALLOW' && record.principal && record.executor && row.expiresAt) {
      const { principal, executor, fallbacks = [] } = record;
      const allow = signedAllow(message.request, principal, trace_id, row, [executor, ...fallbacks], row.expiresAt);
      return {
        outcome: 'ALLOW',
        evaluation,
        body: { trace_id, request: message.request, principal, decision, allow, received_at, replay },
      };
    }
    return {
      outcome: 'DENY',
      evaluation,
      body: {
        trace_id,
        action: message.request.action,
        context_id: message.request.context_id,
        principal: record.principal,
        decision,
        gate: record.gate ?? 'G10',
        reason_codes: record.reason_codes ?? ['GATE_ERROR'],
        message: record.message ?? '',
        rate: record.rate,
        received_at,
        replay,
      },
    };
  }

  function signedAllow(
    request: ActionRequest,
    principal: Principal,
    traceId: string,
    row: DecisionRow<DecisionRecord>,
    executors: string[],
    expiresAt: string,
  ) {
    const claim = {
      decisionId: row.decisionId,
      traceId,
      action: request.action,
      inputHash: row.inputHash,
      principal: `${principal.role} ${principal.id}`,
      policyRevision: row.policyRevision,
      executor: executors.join(','),
      expiresAt,
    };
    const { keyId, signature } = signAllow(claim, allowKeys);
    const [executor = '', ...fallbacks] = executors;
    return { executor, fallbacks, expires_at: expiresAt, key_id: keyId, signature };
  }

  return { decide, gather };
}

function isGood(facts: Facts, request: ActionRequested, now: number): boolean {
  try {
    return g2Credential.check({ request, facts, now }) === 'pass';
  } catch {
    return false;
  }
}

import { z } from 'zod';

/** The gates in the order in which they are asked. */
export const GATES = ['G0', 'G1', 'G2', 'G3', 'G4', 'G5', 'G6', 'G7', 'G8', 'G9', 'G10'] as const;
export const gateName = z.enum(GATES);
export type GateName = z.infer<typeof gateName>;

/** Why a gate says no, with the sentence a caller reads. `GATE_ERROR` stands for a gate that threw or whose facts were stale. */
export const REASONS = {
  TRACE_INVALID: 'The request carries no valid trace id.',
  AUTHENTICATION_MISSING: 'No credential was sent. Send X-API-KEY or Authorization: Bearer.',
  AUTHENTICATION_INVALID_KEY: 'The credential is not known here.',
  AUTHENTICATION_REVOKED: 'The credential was revoked.',
  AUTHENTICATION_EXPIRED: 'The credential has expired.',
  ADDRESS_NOT_ALLOWED: 'The credential may not be used from this address.',
  RATE_LIMIT_EXCEEDED: 'The credential has used up its rate. Wait for Retry-After seconds.',
  PAYLOAD_TOO_LARGE: 'The payload is larger than the policy allows.',
  PAYLOAD_TOO_DEEP: 'The payload is nested deeper than the policy allows.',
  PAYLOAD_INVALID: 'The payload is not a JSON object.',
  CONTEXT_UNKNOWN: 'The context_id is not known to the policy.',
  CONTEXT_NOT_ALLOWED: 'The credential may not act in this context_id.',
  ACTION_UNKNOWN: 'The action is not known to the policy.',
  PAYLOAD_SCHEMA_VIOLATION: 'The payload does not match the schema of the action.',
  CONTENT_UNSAFE: 'The payload holds control or invisible characters.',
  PROMPT_INJECTION: 'The payload looks like an attempt to instruct the model.',
  REPLAY_DETECTED: 'This message was already acted on.',
  SYSTEM_CLOSED: 'The system is closed by its operators.',
  FEATURE_DISABLED: 'The action is switched off.',
  QUOTA_EXCEEDED: 'The daily quota of the credential is used up.',
  ACTION_NOT_AUTHORIZED: 'The role of the credential may not take this action in this context.',
  GATE_ERROR: 'A gate could not be evaluated, so the request was denied.',
} as const;
export type ReasonCode = keyof typeof REASONS;
export const reasonCode = z.enum(Object.keys(REASONS) as [ReasonCode, ...ReasonCode[]]);

export interface GateVerdict {
  readonly gate: GateName;
  readonly verdict: 'pass' | 'deny' | 'error';
  /** Time the gate took, in microseconds. */
  readonly micros: number;
}

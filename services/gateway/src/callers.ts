import { authorize, type Credential, type Permission, type Principal, REASONS } from '@techno/contracts';
import { HttpProblem, type RequestContext } from '@techno/http';
import { type Bus, request } from '@techno/jetstream';
import { readCredential } from './edge/credential.ts';

/** Who asks, and what of the record they may see. */
export interface Caller {
  readonly principal: Principal;
  readonly permissions: readonly Permission[];
  readonly credential: Exclude<Credential, { kind: 'none' }>;
  /** Undefined where the caller may read everybody's actions. */
  readonly onlyOf: string | undefined;
}

type Head = Pick<RequestContext, 'header' | 'address' | 'traceId'>;

/** The credential of a request. Throws HttpProblem 401 where none was sent, 403 where it cannot be one of ours. */
export function credentialOf({ header, traceId }: Head, pepper: Buffer): Exclude<Credential, { kind: 'none' }> {
  const read = readCredential(header, pepper);
  switch (read.kind) {
    case 'api_key':
      return read;
    case 'none':
      throw refusal(401, 'AUTHENTICATION_MISSING', traceId, { 'www-authenticate': 'Bearer realm="techno"' });
    case 'malformed':
      throw refusal(403, 'AUTHENTICATION_INVALID_KEY', traceId);
  }
}

/** The same words as a denial by the gates: a caller need not know at which door it was turned away. */
function refusal(
  status: number,
  reason: 'AUTHENTICATION_MISSING' | 'AUTHENTICATION_INVALID_KEY',
  traceId: string,
  headers: Record<string, string> = {},
): HttpProblem {
  const message = REASONS[reason];
  return new HttpProblem(status, reason, {
    detail: message,
    traceId,
    headers,
    extensions: { error: 'GATE_DENIED', reason_codes: [reason], gate: 'G1', message },
  });
}

/** Asks the gate-engine, which knows the keys, who this is and whether the role has the permission. */
export function callers(bus: Bus, pepper: Buffer) {
  return async (context: Head, permission: Permission): Promise<Caller> => {
    const credential = credentialOf(context, pepper);
    const { principal, permissions } = await request(bus, authorize, { credential, address: context.address, permission });
    return { principal, permissions, credential, onlyOf: permissions.includes('actions:read:any') ? undefined : principal.id };
  };
}

export type FindCaller = ReturnType<typeof callers>;

import { type ActionAllowed, actionAllowed, type ActionRequested, actionRequested } from '@techno/contracts';

/** What a failed message was: a request for action that somebody still waits for, or anything else. */
export type Ask =
  | { readonly kind: 'requested'; readonly body: ActionRequested }
  | { readonly kind: 'allowed'; readonly body: ActionAllowed };

export interface Letter {
  readonly actor: string;
  readonly subject: string;
  readonly payload: string;
  readonly encoding: 'json' | 'base64';
}

/** Actors that decide or execute. The same message in the hands of others (the auditor's) asks for nothing. */
const ASKED = { requested: /^decide-action$/, allowed: /^execute-/ } as const;

/** The action that a dead letter still has to do; undefined where it is another message, or cannot be read. */
export function askOf(letter: Letter): Ask | undefined {
  if (letter.encoding !== 'json') return undefined;
  if (isAskSubject(letter.subject, 'requested') && ASKED.requested.test(letter.actor)) {
    const body = parsed(actionRequested.schema, letter.payload);
    return body && { kind: 'requested', body };
  }
  if (isAskSubject(letter.subject, 'allowed') && ASKED.allowed.test(letter.actor)) {
    const body = parsed(actionAllowed.schema, letter.payload);
    return body && { kind: 'allowed', body };
  }
  return undefined;
}

/** Whether publishing to the subject would have an action decided or executed. */
export function isAskSubject(subject: string, kind: 'requested' | 'allowed'): boolean {
  return subject.startsWith(`action.${kind}.`);
}

function parsed<Body>(schema: { safeParse(value: unknown): { success: true; data: Body } | { success: false } }, text: string) {
  try {
    const result = schema.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}

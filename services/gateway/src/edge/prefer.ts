/** What of `Prefer` (RFC 7240) is understood here. */
export interface Prefer {
  /** The caller would rather have 202 and a Location than wait. */
  readonly respondAsync: boolean;
  /** How long the caller would wait for the result, in milliseconds, capped. */
  readonly waitMs?: number;
  /**
   * The value of `Preference-Applied` for an answer, empty where nothing applied: `respond-async` only where the answer was `async` (a 202),
   * `wait` in either case, in the seconds that were granted.
   */
  applied(answer?: 'async' | 'sync'): string;
}

const MAX_WAIT_S = 60;

// preference = token [ BWS "=" BWS word ] *( OWS ";" [ OWS parameter ] ); what follows the first ";" only refines, and is read over.
// No two runs of blanks can meet, so the time is linear in the header.
const PREFERENCE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*(?:=[ \t]*(?:(?:"((?:[^"\\]|\\.)*)"|([^\s";,=]+))[ \t]*)?)?(?:;.*)?$/s;

/**
 * Reads `Prefer: respond-async, wait=10`. Several headers are one list. Names are case-insensitive, values may be quoted, of a preference
 * given twice the first counts, and what is not understood is ignored, as the RFC has it. A wait over 60 s is granted as 60 s.
 */
export function parsePrefer(header: string | readonly string[] | undefined): Prefer {
  const list = typeof header === 'string' ? header : (header ?? []).join(',');
  const preferences = new Map<string, string>();
  for (const entry of splitList(list)) {
    const match = PREFERENCE.exec(entry.trim());
    if (match === null) continue;
    const [, name = '', quoted, bare] = match;
    const key = name.toLowerCase();
    if (!preferences.has(key)) preferences.set(key, quoted?.replaceAll(/\\(.)/gs, '$1') ?? bare ?? '');
  }

  // A value is an undefined form of respond-async; an empty one is the same as none.
  const respondAsync = preferences.get('respond-async') === '';
  const wait = preferences.get('wait') ?? '';
  const waitS = /^[0-9]+$/.test(wait) ? Math.min(Number(wait), MAX_WAIT_S) : undefined;
  return {
    respondAsync,
    ...(waitS === undefined ? {} : { waitMs: waitS * 1000 }),
    applied: (answer = 'async') =>
      [respondAsync && answer === 'async' ? 'respond-async' : '', waitS === undefined ? '' : `wait=${waitS}`]
        .filter((part) => part !== '')
        .join(', '),
  };
}

/** At the commas outside quotes. An unclosed quote takes the rest of the list with it. */
function splitList(list: string): string[] {
  return list.match(/(?:"(?:[^"\\]|\\.)*(?:"|$)|[^,"])+/gs) ?? [];
}

const BASE64_RUN = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,4096}={0,2}/g;
const HEX_RUN = /(?<![0-9a-fA-F])(?:[0-9a-fA-F]{2}[ :]?){16,2048}/g;
const BASE64_UNITS = unitsMatching(/[A-Za-z0-9+/_-]/);
const HEX_UNITS = unitsMatching(/[0-9a-fA-F :]/);
const ESCAPED = /%[2-7][0-9a-fA-F]|&#[0-9xX]|\\u00/;
const ESCAPES = /%([2-7][0-9a-fA-F])|&#(\d{2,3});|&#[xX]([2-7][0-9a-fA-F]);|\\u00([2-7][0-9a-fA-F])/g;
const READABLE = /^[\t\n\r\x20-\x7e]{12,}$/;

/** Texts written in base64, hexadecimal, or with percent, HTML or JSON escapes inside a text, decoded once. Only what decodes to plain ASCII. */
export function decodedTexts(text: string): string[] {
  const found: string[] = [];
  if (mayHoldRun(text, BASE64_UNITS, 24)) {
    for (const [run] of text.matchAll(BASE64_RUN)) keepReadable(found, Buffer.from(run, 'base64'));
  }
  if (mayHoldRun(text, HEX_UNITS, 32)) {
    for (const [run] of text.matchAll(HEX_RUN)) keepReadable(found, Buffer.from(run.replace(/[ :]/g, ''), 'hex'));
  }
  if (ESCAPED.test(text)) found.push(text.replace(ESCAPES, unescaped));
  return found;
}

function keepReadable(found: string[], bytes: Buffer): void {
  const text = bytes.toString('latin1');
  if (READABLE.test(text)) found.push(text);
}

function unescaped(_all: string, percent?: string, decimal?: string, entity?: string, unicode?: string): string {
  const code = decimal === undefined ? Number.parseInt(percent ?? entity ?? unicode ?? '20', 16) : Number(decimal);
  return String.fromCharCode(code);
}

function unitsMatching(pattern: RegExp): boolean[] {
  return Array.from({ length: 128 }, (_none, code) => pattern.test(String.fromCharCode(code)));
}

/** Whether a run of such code units is at least that long. Any such run covers a multiple of its length: only those are looked at. */
function mayHoldRun(text: string, units: readonly boolean[], length: number): boolean {
  const fits = (at: number) => units[text.charCodeAt(at)] === true;
  for (let at = length - 1; at < text.length; at += length) {
    if (!fits(at)) continue;
    let from = at;
    while (from > 0 && at - from < length && fits(from - 1)) from--;
    let to = at + 1;
    while (to - from < length && fits(to)) to++;
    if (to - from >= length) return true;
  }
  return false;
}

const BASE64_RUN = /[A-Za-z0-9+/_-]{24,4096}={0,2}/g;
const HEX_RUN = /(?:[0-9a-fA-F]{2}[ :]?){16,2048}/g;
const PERCENT_RUN = /%[0-9a-fA-F]{2}/;
const READABLE = /^[\t\n\r\x20-\x7e]{12,}$/;

/** Texts written in base64, hexadecimal or percent escapes inside a text, decoded once. Only what decodes to plain ASCII. */
export function decodedTexts(text: string): string[] {
  const found: string[] = [];
  for (const [run] of text.matchAll(BASE64_RUN)) keepReadable(found, Buffer.from(run, 'base64'));
  for (const [run] of text.matchAll(HEX_RUN)) keepReadable(found, Buffer.from(run.replace(/[ :]/g, ''), 'hex'));
  if (PERCENT_RUN.test(text)) {
    found.push(text.replace(/%([2-7][0-9a-fA-F])/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))));
  }
  return found;
}

function keepReadable(found: string[], bytes: Buffer): void {
  const text = bytes.toString('latin1');
  if (READABLE.test(text)) found.push(text);
}

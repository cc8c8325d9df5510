/** Longest prefix in which HTML may declare its encoding (HTML standard, 13.2.3.2). */
const PRESCAN_BYTES = 1024;

/**
 * Bytes as text: a byte order mark wins, then the declared charset, then (HTML) what the document says of itself, then UTF-8
 * where it is valid, then windows-1252, which is what the web means by «unknown».
 */
export function decodeText(bytes: Uint8Array, charset: string | undefined, html: boolean): string {
  const label = markOf(bytes) ?? charset ?? (html ? declaredInHtml(bytes) : undefined);
  const declared = label === undefined ? undefined : decoder(label);
  if (declared !== undefined) return declared.decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

function markOf([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return undefined;
}

function declaredInHtml(bytes: Uint8Array): string | undefined {
  const head = new TextDecoder('windows-1252').decode(bytes.subarray(0, PRESCAN_BYTES));
  return /<meta[^>]+charset\s*=\s*["']?\s*([\w.:-]+)/i.exec(head)?.[1];
}

/** Undefined for a label that no standard knows. */
function decoder(label: string): InstanceType<typeof TextDecoder> | undefined {
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}

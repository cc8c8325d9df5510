import type { MsgHdrs } from '@nats-io/nats-core';
import { HEADER, type Headers } from '@techno/contracts';

const LINE_BREAK = /[\r\n]/;
const LINE_BREAKS = /[\r\n]+/g;

/**
 * Headers as they go over the wire. The client's own collection checks and copies every value several times, which costs as
 * much as the rest of a publish; a publish only ever asks it to `encode()`. No value can start another header: line breaks,
 * which none of ours has, become spaces.
 */
export function wireHeaders(headers: Headers, messageId?: string): MsgHdrs {
  let text = 'NATS/1.0\r\n';
  if (messageId !== undefined) text += `${HEADER.messageId}: ${oneLine(messageId)}\r\n`;
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && value !== '' && name !== HEADER.messageId) text += `${name}: ${oneLine(value)}\r\n`;
  }
  const encoded = Buffer.from(`${text}\r\n`);
  return { encode: () => encoded } as unknown as MsgHdrs;
}

function oneLine(value: string): string {
  return LINE_BREAK.test(value) ? value.replace(LINE_BREAKS, ' ') : value;
}

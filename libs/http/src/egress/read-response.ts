import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

import { TerminalError } from '@techno/kernel';

import { UpstreamError } from './errors.ts';

/**
 * The body, decompressed. The cap counts what comes out, chunk by chunk, so a bomb costs at most `maxBytes` plus one chunk.
 *
 * @throws TerminalError EGRESS_TOO_LARGE
 * @throws UpstreamError UPSTREAM_INVALID_RESPONSE for an encoding that is unknown or broken
 */
export async function readResponse(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const encodings = (response.headers['content-encoding'] ?? '').split(',').map((name) => name.trim().toLowerCase());
  const decoders = encodings.toReversed().flatMap((name) => decoderOf(name));
  const declared = Number(response.headers['content-length'] ?? 0);
  if (decoders.length === 0 && declared > maxBytes && response.statusCode !== 204 && response.statusCode !== 304)
    throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let size = 0;
  await pipeline([
    response,
    ...decoders,
    async (source: AsyncIterable<Buffer>) => {
      for await (const chunk of source) {
        size += chunk.length;
        if (size > maxBytes) throw tooLarge(maxBytes);
        chunks.push(chunk);
      }
    },
  ]);
  return Buffer.concat(chunks, size);
}

const MOST_ENCODINGS = 2;

function decoderOf(encoding: string, index: number): Transform[] {
  if (index >= MOST_ENCODINGS) throw unknownEncoding();
  switch (encoding) {
    case '':
    case 'identity':
      return [];
    case 'gzip':
    case 'x-gzip':
      return [createGunzip()];
    case 'deflate':
      return [createInflate()];
    case 'br':
      return [createBrotliDecompress()];
    default:
      throw unknownEncoding();
  }
}

function tooLarge(maxBytes: number): TerminalError {
  return new TerminalError('EGRESS_TOO_LARGE', `the response has more than ${maxBytes} bytes`);
}

function unknownEncoding(): UpstreamError {
  return new UpstreamError('UPSTREAM_INVALID_RESPONSE', 'the response has a content-encoding that was not asked for', {
    requestSent: true,
  });
}

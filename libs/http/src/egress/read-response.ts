import type { IncomingMessage } from 'node:http';
import { type Readable, type Transform, pipeline } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

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
  if (encodings.length > MOST_ENCODINGS) throw unknownEncoding();
  const decoders = encodings.toReversed().flatMap(decodersOf);
  const declared = Number(response.headers['content-length'] ?? 0);
  if (decoders.length === 0 && declared > maxBytes) throw tooLarge(maxBytes);
  let source: Readable = response;
  // A failure of any part ends them all, and surfaces where the last one is read.
  for (const decoder of decoders) source = pipeline(source, decoder, () => undefined);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

const MOST_ENCODINGS = 2;

function decodersOf(encoding: string): Transform[] {
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

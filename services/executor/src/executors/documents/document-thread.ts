import { Worker } from 'node:worker_threads';
import { SECOND, TerminalError } from '@techno/kernel';
import { bulkhead } from 'cockatiel';
import { abortError, throwIfAborted } from '../executor.ts';
import { type Digest, type DigestTask, digest } from './digest.ts';
import type { DigestReply } from './digest-worker.ts';

export interface DocumentReaderOptions {
  /** For one document, from the start of its thread. Default 15 s. */
  readonly timeLimitMs?: number;
  /** JavaScript heap of a thread. Default 256 MiB. */
  readonly heapMib?: number;
  /** What the whole process may grow by while a document is read: buffers are outside a thread's heap. Default 768 MiB. */
  readonly growthMib?: number;
  /** Documents read at the same time; the others wait. Default 2. */
  readonly threads?: number;
}

/** Reads a document. Throws the TerminalErrors DOCUMENT_EMPTY, DOCUMENT_UNSUPPORTED and DOCUMENT_TOO_COMPLEX. */
export type DocumentReader = (task: DigestTask, signal: AbortSignal) => Promise<Digest>;

/** A given text up to here is read in a few milliseconds, less than a thread takes to start. */
const INLINE_CHARS = 8_000;
const MEMORY_CHECK_MS = 50;
const MIB = 1024 * 1024;
const worker = new URL('./digest-worker.ts', import.meta.url);

/**
 * A new thread for each document: whatever it does to its thread (endless loop, stack or memory exhausted, a parser's globals)
 * ends with it, and the event loop here goes on meanwhile.
 */
export function documentReader(options: DocumentReaderOptions = {}): DocumentReader {
  const slots = bulkhead(options.threads ?? 2, Infinity);
  return async (task, signal) => {
    throwIfAborted(signal);
    if ('text' in task.source && task.source.text.length <= INLINE_CHARS) return await digest(task);
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(abortError(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    const digested = slots.execute(() => {
      throwIfAborted(signal);
      return digestInThread(task, signal, options);
    });
    try {
      // An abort does not wait for a slot.
      return await Promise.race([digested, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  };
}

async function digestInThread(task: DigestTask, signal: AbortSignal, options: DocumentReaderOptions): Promise<Digest> {
  const { timeLimitMs = 15 * SECOND, heapMib = 256, growthMib = 768 } = options;
  const thread = new Worker(worker, {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: heapMib, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
    // Neither the environment nor our standard output is a parser's business.
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  thread.stdout.resume();
  thread.stderr.resume();
  const { promise, resolve, reject } = Promise.withResolvers<Digest>();
  const tooComplex = (why: string) => reject(new TerminalError('DOCUMENT_TOO_COMPLEX', `reading the document ${why}`));

  const startedRss = process.memoryUsage.rss();
  const timer = setTimeout(() => tooComplex(`took longer than ${timeLimitMs} ms`), timeLimitMs);
  const memory = setInterval(() => {
    if (process.memoryUsage.rss() - startedRss > growthMib * MIB) tooComplex('took too much memory');
  }, MEMORY_CHECK_MS);
  const onAbort = () => reject(abortError(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  thread.once('message', (reply: DigestReply) => {
    if ('digest' in reply) resolve(reply.digest);
    else reject(new TerminalError(reply.error.code, reply.error.message));
  });
  thread.once('error', () => tooComplex('exhausted its thread'));
  thread.once('exit', () => tooComplex('ended its thread'));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    clearInterval(memory);
    signal.removeEventListener('abort', onAbort);
    await thread.terminate();
  }
}

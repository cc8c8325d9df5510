import { parentPort, workerData } from 'node:worker_threads';
import { TerminalError } from '@techno/kernel';
import { type Digest, type DigestTask, digest } from './digest.ts';

/** What the thread says before it ends. Errors travel as words: a class does not survive the way. */
export type DigestReply = { readonly digest: Digest } | { readonly error: { readonly code: string; readonly message: string } };

async function reply(task: DigestTask): Promise<DigestReply> {
  try {
    return { digest: await digest(task) };
  } catch (error) {
    if (error instanceof TerminalError) return { error: { code: error.code, message: error.message } };
    // A parser that fell over its input (a stack overflow, mostly) is the document's doing, not the machine's.
    // Its message may quote the document, so only its name is told.
    const name = error instanceof Error ? error.name : typeof error;
    return { error: { code: 'DOCUMENT_TOO_COMPLEX', message: `parsing the document ended in a ${name}` } };
  }
}

parentPort?.postMessage(await reply(workerData as DigestTask));

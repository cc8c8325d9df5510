import type { Readable } from 'node:stream';
import { errorCode, errorMessage, SECOND } from '@techno/kernel';
import nodemailer from 'nodemailer';
import { type Channel, ChannelFailure, type Failure } from './channel.ts';

export interface SmtpOptions {
  /** `smtp://user:password@host:587`, `smtps://host:465` */
  readonly url: string;
  /** `Name <mailbox@example.org>` */
  readonly from: string;
  /** Where one click unsubscribes (RFC 8058); the recipient is added. Absent: by mail to the sender only. */
  readonly unsubscribeUrl?: string | undefined;
  /** Lifts the demand for TLS on smtp://: a catcher on this machine speaks none. */
  readonly plain: boolean;
  readonly connections?: number;
}

/** Of silence. */
const TIMEOUT_MS = 20 * SECOND;
/** Of one mail: less than the lease on it, however slowly the server speaks. */
const LONGEST_MS = 45 * SECOND;

/** E-mail through one SMTP server: connections kept, TLS demanded, text and HTML, List-Unsubscribe by one click. */
export function smtpChannel({ url, from, unsubscribeUrl, plain, connections = 4 }: SmtpOptions): Channel {
  const bodies = new Map<string, Readable>();
  const transport = nodemailer.createTransport({
    ...serverOf(url),
    pool: true,
    maxConnections: connections,
    maxMessages: 500,
    ...(plain ? { ignoreTLS: true } : { requireTLS: true }),
    connectionTimeout: TIMEOUT_MS / 2,
    greetingTimeout: TIMEOUT_MS / 2,
    socketTimeout: TIMEOUT_MS,
    // What is sent is text that was rendered here: nothing of it names a file or an address to be read.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  // Whether a byte of the body was read is the only sign of how far a broken connection had got.
  transport.use('stream', (mail, done) => {
    const create = mail.message.createReadStream.bind(mail.message);
    mail.message.createReadStream = (...args) => {
      const stream = create(...args);
      bodies.set(mail.message.messageId(), stream as Readable);
      return stream;
    };
    done();
  });
  const domain = /@([^>\s]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';

  return {
    name: 'email',
    provider: 'smtp',
    keyed: false,
    receipts: false,
    async send({ key, to, subject, text, html, media, recipient }, signal) {
      const messageId = `<${key}@${domain}>`;
      const body = media === undefined ? text : `${text}\n\n${media.url}`;
      try {
        await transport.sendMail({
          messageId,
          signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]),
          from,
          to: { name: '', address: to },
          subject: subject ?? firstLine(text),
          text: body,
          ...(html === undefined ? {} : { html }),
          headers: {
            'Auto-Submitted': 'auto-generated',
            'X-Auto-Response-Suppress': 'All',
            ...unsubscribe(from, unsubscribeUrl, recipient),
          },
        });
        return { providerMessageId: messageId };
      } catch (error) {
        throw new ChannelFailure(failureOf(error, bodies.get(messageId)?.readableDidRead ?? false), errorMessage(error), {
          cause: error,
        });
      } finally {
        bodies.delete(messageId);
      }
    },
    async probe() {
      await transport.verify();
    },
    async close() {
      transport.close();
    },
  };
}

function serverOf(url: string) {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === 'smtps:';
  return {
    host: hostname,
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
  };
}

/** RFC 2369 and RFC 8058. */
function unsubscribe(from: string, url: string | undefined, recipient: string): Record<string, string> {
  const mailbox = /<([^>]+)>/.exec(from)?.[1] ?? from;
  const byMail = `<mailto:${mailbox}?subject=unsubscribe>`;
  if (url === undefined) return { 'List-Unsubscribe': byMail };
  const target = new URL(url);
  target.searchParams.set('recipient', recipient);
  return { 'List-Unsubscribe': `<${target.href}>, ${byMail}`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' };
}

function firstLine(text: string): string {
  return (text.trim().split('\n', 1)[0] ?? '').slice(0, 200);
}

function failureOf(error: unknown, sent: boolean): Failure {
  const { responseCode, command } = error as { responseCode?: unknown; command?: unknown };
  if (typeof responseCode === 'number' && responseCode >= 400) {
    return { kind: 'smtp', reply: responseCode, atRecipient: command === 'RCPT TO' };
  }
  const code = errorCode(error);
  // EENVELOPE without a reply: the address is none that SMTP could carry.
  if (code === 'EENVELOPE') return { kind: 'refused', code: 'ADDRESS_REFUSED' };
  return { kind: 'lost', sent, code: `SMTP_${code.replace(/^E/, '')}` };
}

import type { ChannelName, NotificationRequest } from '@techno/contracts';
import { TechnoError } from '@techno/kernel';

/** One message on its way out, rendered for its channel. */
export interface Outbound {
  /** The same for every attempt at this message on this channel: what a provider honours, if it honours any. */
  readonly key: string;
  /** E.164, a mailbox, or a URL. */
  readonly to: string;
  readonly subject: string | undefined;
  readonly text: string;
  readonly html: string | undefined;
  readonly media: NotificationRequest['media'];
  readonly severity: string;
  readonly notificationId: string;
  /** Whose webhook secret signs it. */
  readonly recipient: string;
}

/**
 * A way to reach people through one provider. `send` resolves when the provider has taken the message, else throws a ChannelFailure; it
 * never retries. A new channel is its file, a run of `channel.conformance.ts`, and one line in `channels.ts`.
 */
export interface Channel {
  readonly name: ChannelName;
  /** `smtp`, `evolution`, … */
  readonly provider: string;
  /** The provider takes a message with a known key for the one it has: repeating is harmless. */
  readonly keyed: boolean;
  /** The provider will say whether a message arrived. */
  readonly receipts: boolean;
  /** It may answer and still not send: its session is asked after now and then. */
  readonly session?: true;
  /** Every address is a provider of its own: what one fails says nothing of the others, and the channel itself rests those that do. */
  readonly manyProviders?: true;
  send(message: Outbound, signal: AbortSignal): Promise<{ readonly providerMessageId?: string | undefined }>;
  /** Whether the provider could take messages now: a session, a greeting. Absent: nobody can be asked. Throws where it could not. */
  probe?(signal: AbortSignal): Promise<void>;
  close?(): Promise<void>;
}

/** What happened in a call, as data: judged by `classify` alone. */
export type Failure =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly retryAfterMs?: number | undefined;
      readonly badAddress?: boolean;
    }
  | { readonly kind: 'smtp'; readonly reply: number; readonly atRecipient: boolean }
  /** No answer. `sent`: the message may have left. */
  | { readonly kind: 'lost'; readonly sent: boolean; readonly code: string }
  /** Not even tried: somebody behind this channel is left alone for a while. */
  | { readonly kind: 'resting'; readonly retryAfterMs: number }
  /** The message or its address cannot be sent at all. */
  | { readonly kind: 'refused'; readonly code: string };

export class ChannelFailure extends TechnoError {
  readonly failure: Failure;

  constructor(failure: Failure, message: string, options?: { cause?: unknown }) {
    super('CHANNEL_FAILED', message, options);
    this.failure = failure;
  }
}

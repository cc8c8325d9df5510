/** A message that a messaging stand-in took. */
export interface TakenMessage {
  readonly id: string;
  readonly at: string;
  readonly channel: 'whatsapp' | 'sms' | 'webhook';
  readonly provider: string;
  readonly to: string;
  readonly text: string;
  /** What the caller sent to make a repeat harmless. */
  readonly key: string | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The request's body, as it came. */
  readonly body: string;
}

/** Takes each key once, as a provider that honours it does: a repeat gets the first message's id. */
export interface Inbox {
  readonly messages: TakenMessage[];
  take(message: Omit<TakenMessage, 'id' | 'at'>): { message: TakenMessage; repeated: boolean };
  clear(): void;
}

export function inbox(): Inbox {
  const messages: TakenMessage[] = [];
  const byKey = new Map<string, TakenMessage>();
  let count = 0;
  return {
    messages,
    take(message) {
      const key = message.key === undefined ? undefined : `${message.provider} ${message.key}`;
      const before = key === undefined ? undefined : byKey.get(key);
      if (before !== undefined) return { message: before, repeated: true };
      const taken = { ...message, id: `${message.channel.toUpperCase()}${++count}`, at: new Date().toISOString() };
      messages.push(taken);
      if (key !== undefined) byKey.set(key, taken);
      return { message: taken, repeated: false };
    },
    clear() {
      messages.length = 0;
    },
  };
}

import { describe, expect, it } from 'vitest';
import { type Channel, ChannelFailure, type Failure, type Outbound } from './channel.ts';
import { classify } from './classify.ts';

/** A channel whose provider does as it is told. */
export interface ChannelCase extends AsyncDisposable {
  readonly channel: Channel;
  /** An address the provider knows. */
  readonly to: string;
  /** Texts that arrived, with the key each came with. */
  arrived(): readonly { text: string; key: string | undefined }[];
  /** Has the next request answered so: for a while, for good, or not at all after the message was read. */
  next(what: 'temporary' | 'permanent' | 'cut'): void;
  /** The provider is gone. */
  vanish(): Promise<void>;
}

export function outbound(to: string, more: Partial<Outbound> = {}): Outbound {
  return {
    key: 'dlv_1.key',
    to,
    subject: 'Subject',
    text: 'Olá, çedilha & <tags> 🎉\nsecond line',
    html: undefined,
    media: undefined,
    severity: 'normal',
    notificationId: 'ntf_1',
    recipient: 'ana',
    ...more,
  };
}

/** What every channel keeps to. Run by each one's own test. */
export function channelConformance(name: string, make: () => Promise<ChannelCase>): void {
  const failing = async (given: ChannelCase): Promise<Failure> => {
    const thrown: unknown = await given.channel.send(outbound(given.to), new AbortController().signal).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(thrown).toBeInstanceOf(ChannelFailure);
    return (thrown as ChannelFailure).failure;
  };

  describe(`${name} conforms`, () => {
    it('brings the text as it is, and gives what the provider calls it', async () => {
      await using given = await make();
      const sent = await given.channel.send(outbound(given.to), new AbortController().signal);
      expect(sent.providerMessageId).toMatch(/\S/);
      expect(given.arrived()).toHaveLength(1);
      expect(given.arrived()[0]?.text).toContain('Olá, çedilha & <tags> 🎉\nsecond line');
    });

    it('says what may work later, what will not, and that nothing arrived', async () => {
      await using given = await make();
      given.next('temporary');
      expect(classify(await failing(given), given.channel).class).toBe('FAILED_TEMPORARY');
      given.next('permanent');
      expect(classify(await failing(given), given.channel).class).toBe('FAILED_PERMANENT');
      expect(given.arrived()).toHaveLength(0);
    });

    it('a cut after the message was read is UNKNOWN, or repeated under the key that the provider honours', async () => {
      await using given = await make();
      given.next('cut');
      const verdict = classify(await failing(given), given.channel);
      expect(verdict.class).toBe(given.channel.keyed ? 'FAILED_TEMPORARY' : 'UNKNOWN');
      if (!given.channel.keyed) return;
      await given.channel.send(outbound(given.to), new AbortController().signal);
      expect(given.arrived()).toHaveLength(1);
    });

    it('a provider that is gone took nothing, and does not pretend to be well', async () => {
      await using given = await make();
      await given.channel.probe?.(AbortSignal.timeout(5_000));
      await given.vanish();
      expect(await failing(given)).toMatchObject({ kind: 'lost', sent: false });
      if (given.channel.probe !== undefined) await expect(given.channel.probe(AbortSignal.timeout(5_000))).rejects.toThrow();
    });
  });
}

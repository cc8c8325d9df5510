import type { ChannelName } from '@techno/contracts';
import { type Channel, ChannelFailure } from './channel.ts';

/** Stands where a channel is not configured. Nothing gets as far as its `send`: the look before a call passes over it. */
export function absentChannel(name: ChannelName): Channel {
  return {
    name,
    provider: 'none',
    keyed: true,
    receipts: false,
    async send() {
      throw new ChannelFailure({ kind: 'refused', code: 'CHANNEL_NOT_CONFIGURED' }, `the channel '${name}' is not configured`);
    },
  };
}

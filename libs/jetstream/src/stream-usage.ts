import type { StreamName } from '@techno/contracts';
import type { Bus } from './bus.ts';

/** How full streams are. Throws where one is missing. */
export async function usageOf(
  bus: Bus,
  streams: readonly StreamName[],
): Promise<{ stream: string; messages: number; bytes: number; limitBytes: number }[]> {
  return Promise.all(
    streams.map(async (stream) => {
      const { state, config } = await bus.jsm.streams.info(stream);
      return { stream, messages: state.messages, bytes: state.bytes, limitBytes: config.max_bytes };
    }),
  );
}

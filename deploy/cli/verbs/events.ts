import type { Command } from 'commander';
import { stopRequest } from '../../launcher/stop-request.ts';
import { printLine } from '../print.ts';
import { serverSentEvents } from '../sse.ts';
import { client, type CommonFlags, examples, withTargetOptions } from '../verb.ts';

export function eventsVerb(program: Command): void {
  const verb = withTargetOptions(program.command('events'))
    .description('follow the canonical events as they happen, one JSON line each, until Ctrl-C')
    .option('--trace <trace>', 'only of this action')
    .action(async (flags: CommonFlags & { trace?: string }) => {
      const request = stopRequest(undefined);
      const query = flags.trace === undefined ? '' : `?trace_id=${encodeURIComponent(flags.trace)}`;
      try {
        const response = await client(flags, 'admin').open(`/v1/events/stream${query}`, request.signal);
        if (response.body === null) return;
        for await (const { data } of serverSentEvents(response.body)) printLine(data);
      } catch (error) {
        if (!request.signal.aborted) throw error;
      } finally {
        request.dispose();
      }
    });
  examples(verb, 'npx techno events', 'npx techno events --trace tr_65f0…');
}

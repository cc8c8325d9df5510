import type { Command } from 'commander';
import { busRights, type ServiceName, SERVICES, STREAMS } from '@techno/contracts';
import { applyStreams } from '@techno/jetstream';
import { StartupError } from '@techno/kernel';
import { operatorBus } from '../config.ts';
import { type CommonFlags, examples, show, withCommonOptions } from '../verb.ts';

/** Uses NATS_URL (of the operator), else that of the running stack. */
export function busVerb(program: Command): void {
  const bus = program.command('bus').description('the streams, and who may do what with them: apply, rights');

  const apply = withCommonOptions(bus.command('apply'))
    .description('bring every stream to the shape that this version wants; only the operator may')
    .action(async (flags: CommonFlags) => {
      const { url, replicas } = operatorBus(flags);
      await applyStreams(url, replicas);
      const applied = STREAMS.map(({ name }) => name);
      show(flags, { applied, replicas }, () => `${applied.join(', ')}: as this version wants them, ${replicas} replica(s) each.`);
    });
  examples(apply, 'npx techno bus apply', 'NATS_URL=nats://operator:…@nats:4222 TECHNO_STREAM_REPLICAS=3 npx techno bus apply');

  const rights = withCommonOptions(bus.command('rights'))
    .description('the subjects that a service may use, as nats-server is told them')
    .argument('<service>', SERVICES.join(', '))
    .action((name: string, flags: CommonFlags) => {
      const service = serviceOf(name);
      show(flags, busRights(service), ({ publish, subscribe }) =>
        [
          ...publish.allow.map((subject) => `publish    ${subject}`),
          ...publish.deny.map((subject) => `but not    ${subject}`),
          ...subscribe.allow.map((subject) => `subscribe  ${subject}`),
        ].join('\n'),
      );
    });
  examples(rights, 'npx techno bus rights executor');
}

/** @throws StartupError SERVICE_UNKNOWN */
function serviceOf(name: string): ServiceName {
  const service = SERVICES.find((known) => known === name);
  if (service !== undefined) return service;
  throw new StartupError('SERVICE_UNKNOWN', `'${name}' is no service`, `One of ${SERVICES.join(', ')}.`);
}

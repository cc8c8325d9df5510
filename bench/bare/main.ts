import { connect } from '@nats-io/transport-node';
import { runFront } from './front.ts';
import { runRelay, runReplier } from './hop.ts';
import type { BareArguments } from './message.ts';
import { commitTo } from './record.ts';

// One of the three processes of the bare hops: `main.ts <front|relay|replier> <arguments as JSON>`.
const [role = '', json = '{}'] = process.argv.slice(2);
const args = JSON.parse(json) as BareArguments;
const nc = await connect({ servers: `127.0.0.1:${args.natsPort}`, user: args.user, pass: args.password, name: `bare-${role}` });
const commit = await commitTo(args.postgres);

switch (role) {
  case 'front':
    await runFront(nc, args.httpPort, commit);
    break;
  case 'relay':
    await runRelay(nc, commit);
    break;
  case 'replier':
    await runReplier(nc, commit);
    break;
  default:
    throw new Error(`no such role: '${role}'`);
}
process.send?.('ready');
process.on('SIGTERM', () => process.exit(0));
// Without its parent it is of no use.
process.on('disconnect', () => process.exit(0));

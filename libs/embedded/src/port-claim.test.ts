import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePort } from './free-port.ts';
import { claimPort } from './port-claim.ts';

// What `freePort` answers is claimed; a number nearby that nobody has claimed is wanted.
async function unclaimed(): Promise<number> {
  for (let port = (await freePort()) + 1; ; port++) {
    const claim = await claimPort(port);
    if (claim === undefined) continue;
    claim.release();
    return port;
  }
}

test('one port is claimed once, until it is given back', async () => {
  const port = await unclaimed();
  const claims = await Promise.all([claimPort(port), claimPort(port), claimPort(port)]);
  expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
  for (const claim of claims) claim?.release();
  const again = await claimPort(port);
  expect(again).toBeDefined();
  again?.release();
});

test('a server listens on a claimed port, and a port that is listened on can be claimed', async () => {
  const port = await unclaimed();
  const before = await claimPort(port);
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  before?.release();
  const after = await claimPort(port);
  expect([before, after]).not.toContain(undefined);
  after?.release();
  server.close();
  await once(server, 'close');
});

test('where no claim can be made nothing is said against the port', async () => {
  const claim = await claimPort(65_536);
  expect(claim).toBeDefined();
  claim?.release();
});

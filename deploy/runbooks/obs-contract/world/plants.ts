import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Breaks that the runbook plants in itself, to show that it sees them. */
export const PLANTS = {
  'service-stopped': 'one service no longer answers (its process is stopped by a signal)',
  'metric-renamed': 'one metric has another name on the wire',
  'query-broken': 'one query of one dashboard asks for a metric that nobody has',
  'tracing-off': 'the services record no trace',
} as const;
export type Plant = keyof typeof PLANTS;

/** The metric that is renamed, of which service, and to what. */
export const RENAMED = { service: 'gate-engine', from: 'gate_decisions_total', to: 'gate_verdicts_total' } as const;

/** A port for operators behind which a metric has another name. */
export async function renamingProxy(ops: string): Promise<{ ops: string; stop: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const headers = { accept: request.headers.accept ?? '*/*' };
    fetch(ops + (request.url ?? '/'), { headers, signal: AbortSignal.timeout(4_000) }).then(
      async (answer) => {
        const text = (await answer.text()).replaceAll(RENAMED.from.replace(/_total$/, ''), RENAMED.to.replace(/_total$/, ''));
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' }).end(text);
      },
      () => response.writeHead(502).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ops: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A copy of the dashboards in which one panel asks for `process_requests` instead of `process_requests_total`. */
export function dashboardsWithBrokenQuery(folder: string): string {
  const copy = mkdtempSync(path.join(tmpdir(), 'techno-dashboards-'));
  cpSync(folder, copy, { recursive: true });
  const file = path.join(copy, 'overview.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('process_requests_total', 'process_requests'));
  return copy;
}

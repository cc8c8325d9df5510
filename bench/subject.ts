import type { Target } from './load/connection.ts';

/** A process whose use of the machine is reported. Its children count to it (PostgreSQL's backends). */
export interface MeasuredProcess {
  readonly name: string;
  readonly pid: number;
  /** Base URL of its operations endpoints, where it has any. */
  readonly ops?: string | undefined;
}

/** Something that is measured: the bare hops, the committed ones, or the whole system. */
export interface Subject {
  readonly name: string;
  readonly target: Target;
  /** Asked each time: a process that died is started again under another id. */
  processes(): readonly MeasuredProcess[];
  stop(): Promise<void>;
}

/** About 200 bytes, as a caller would send it. */
const PAYLOAD = {
  order: 'A-20261120-000417',
  customer: 'c_5f1d8a7e',
  lines: [
    { article: 'KX-1042', quantity: 3, price: '19.90' },
    { article: 'KX-2210', quantity: 1, price: '149.00' },
  ],
  note: 'Deliver to the back door, please ring twice.',
};

/** The request every phase sends. */
export function targetAt(url: string, headers: Readonly<Record<string, string>>): Target {
  const { hostname, port } = new URL(url);
  return {
    host: hostname,
    port: Number(port),
    path: '/v1/process',
    headers,
    body: JSON.stringify({ action: 'echo', context_id: 'default', payload: PAYLOAD }),
    expect: '"status":"COMPLETED"',
  };
}

import { Gauge, type Registry } from 'prom-client';
import { counterCells, histogramCells, type Observe } from './cells.ts';

export interface Connections {
  readonly total: number;
  readonly idle: number;
  /** Callers that wait for one. */
  readonly waiting: number;
}

export interface StoreMetrics {
  /** `database_query_seconds{statement}`; with a `code`, `database_failures_total{code}` too. */
  queried(statement: string, seconds: number, code: string | undefined): void;
  /** `database_connections{state}`: used, idle or waiting. */
  connectionsFrom(read: () => Connections): void;
}

export function storeMetrics(registry: Registry): StoreMetrics {
  const duration = histogramCells(registry, {
    name: 'database_query_seconds',
    help: 'Time of one prepared statement, from asking for a connection to its last row',
    labels: ['statement'],
    bucketsSeconds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  });
  const failures = counterCells(registry, {
    name: 'database_failures_total',
    help: 'Statements that failed, by error code',
    labels: ['code'],
  });
  failures({ code: 'STORE_UNAVAILABLE' });
  const known = new Map<string, Observe>();
  let connections: () => Connections = () => ({ total: 0, idle: 0, waiting: 0 });
  new Gauge({
    name: 'database_connections',
    help: 'Connections of the pool that are used or idle, and callers that wait for one',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { total, idle, waiting } = connections();
      this.set({ state: 'used' }, total - idle);
      this.set({ state: 'idle' }, idle);
      this.set({ state: 'waiting' }, waiting);
    },
  });
  return {
    queried(statement, seconds, code) {
      let observe = known.get(statement);
      if (observe === undefined) known.set(statement, (observe = duration({ statement })));
      observe(seconds);
      if (code !== undefined) failures({ code }).inc();
    },
    connectionsFrom: (read) => void (connections = read),
  };
}

import { Socket } from 'node:net';

/**
 * A connection to Postgres that is given up when nothing was heard or said on it for `patienceMs`: the query under way, if there
 * is one, fails then. A timer of each query's own (`query_timeout`) would do the same, but with it V8 keeps every query and what it
 * carried until the old generation is collected: 2 to 3 KB each, measured with the pool's promises and with callbacks alike.
 */
export function patientSocket(patienceMs: number): Socket {
  const socket = new Socket();
  socket.setTimeout(patienceMs, () => {
    socket.destroy(new Error(`nothing was heard of the server for ${patienceMs} ms`));
  });
  return socket;
}

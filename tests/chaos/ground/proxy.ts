import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What the network does to the connections of some services. */
export type Weather =
  | { readonly kind: 'clear' }
  /** Every piece arrives that much later, in order. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** So many bytes a second towards the service, as for one that reads slowly. */
  | { readonly kind: 'narrow'; readonly bytesPerSecond: number }
  /** Nothing passes in either direction, and nobody is told. */
  | { readonly kind: 'silent' };

export interface Proxy {
  readonly port: number;
  /** For connections whose client name begins with `service`, now and later; without one for all. */
  set(weather: Weather, service?: string): void;
  /** Ends their connections with a reset. Answers how many there were. */
  reset(service?: string): number;
  /** The server's end is gone, the service's stays open and silent for ever: it has to notice by itself. */
  halfOpen(service?: string): number;
  close(): Promise<void>;
}

interface Link {
  name: string;
  readonly client: Socket;
  readonly server: Socket;
  dead: boolean;
}

const TICK_MS = 20;

/** A TCP proxy before nats-server. It knows whose a connection is from what the client says of itself in CONNECT. */
export async function startProxy(targetPort: number): Promise<Proxy> {
  const links = new Set<Link>();
  const rules = new Map<string, Weather>();
  const weatherOf = (link: Link): Weather => {
    const rule = [...rules].find(([service]) => service !== '' && link.name.startsWith(service));
    return rule?.[1] ?? rules.get('') ?? { kind: 'clear' };
  };
  const chosen = (service: string | undefined) =>
    [...links].filter((link) => !link.dead && (service === undefined || link.name.startsWith(service)));

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: '127.0.0.1', port: targetPort, noDelay: true });
    const link: Link = { name: '', client, server: upstream, dead: false };
    links.add(link);
    client.once('data', (first: Buffer) => (link.name = clientName(first)));
    pump(client, upstream, () => weatherOf(link), false);
    pump(upstream, client, () => weatherOf(link), true);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => one.destroy());
      one.on('close', () => {
        if (link.dead && one === upstream) return;
        other.destroy();
        links.delete(link);
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    set: (weather, service = '') => void rules.set(service, weather),
    reset(service) {
      const hit = chosen(service);
      for (const link of hit) {
        link.client.resetAndDestroy();
        link.server.resetAndDestroy();
      }
      return hit.length;
    },
    halfOpen(service) {
      const hit = chosen(service);
      for (const link of hit) {
        link.dead = true;
        link.server.destroy();
      }
      return hit.length;
    },
    async close() {
      for (const { client, server: upstream } of links) {
        client.destroy();
        upstream.destroy();
      }
      server.close();
      await once(server, 'close');
    },
  };
}

/** Hands on what comes, as the weather allows. What is held is bounded: the sender is paused. */
function pump(from: Socket, to: Socket, weather: () => Weather, narrowed: boolean): void {
  const held: { chunk: Buffer; at: number }[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    const now = weather();
    if (now.kind === 'silent') return;
    let allowance = now.kind === 'narrow' && narrowed ? (now.bytesPerSecond * TICK_MS) / 1_000 : Number.POSITIVE_INFINITY;
    while (held.length > 0 && allowance > 0) {
      const [first] = held;
      if (first === undefined || (now.kind === 'delay' && Date.now() < first.at + now.ms)) break;
      const piece = first.chunk.subarray(0, Math.max(1, Math.min(first.chunk.length, Math.floor(allowance))));
      allowance -= piece.length;
      if (to.writable) to.write(piece);
      if (piece.length === first.chunk.length) held.shift();
      else first.chunk = first.chunk.subarray(piece.length);
    }
    if (held.length === 0) {
      clearInterval(timer);
      timer = undefined;
      from.resume();
    }
  };
  from.on('data', (chunk: Buffer) => {
    if (held.length === 0 && weather().kind === 'clear') {
      if (to.writable) to.write(chunk);
      return;
    }
    held.push({ chunk, at: Date.now() });
    if (held.length > 64) from.pause();
    timer ??= setInterval(flush, TICK_MS);
  });
  from.on('close', () => clearInterval(timer));
}

/** `CONNECT {"name":"executor",…}` is the first line of every client of NATS. */
function clientName(first: Buffer): string {
  return /^CONNECT \{.*?"name":"([^"]*)"/i.exec(first.toString('utf8'))?.[1] ?? '';
}

import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { nodeHttp } from '../node-http.ts';
import type { Hop } from './redirect.ts';
import type { Target } from './target.ts';

export interface HopOptions {
  readonly hop: Hop;
  readonly target: Target;
  readonly signal: AbortSignal;
  /** Told when the request's head goes out on an established connection: from here on it may have had an effect. */
  readonly sent: () => void;
  readonly ca: SecureContextOptions['ca'];
}

/**
 * One request on a connection of its own, to one of the addresses that were checked: the socket's `lookup` answers with exactly
 * those, so no second resolution can change the target between check and use, while Host, SNI and the certificate's name stay
 * the URL's. (For an IP literal `lookup` is never called; then the literal itself is what was checked.)
 */
export function requestHop({ hop, target, signal, sent, ca }: HopOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const secure = hop.url.protocol === 'https:';
    const request = (secure ? httpsRequest : nodeHttp.request)(hop.url, {
      method: hop.method,
      headers: { ...hop.headers, ...(hop.body === undefined ? {} : { 'content-length': hop.body.length }) },
      lookup: pinnedLookup(target),
      agent: false,
      signal,
      ...(ca === undefined ? {} : { ca }),
    });
    request.once('socket', (socket) => socket.once(secure ? 'secureConnect' : 'connect', sent));
    request.once('response', resolve);
    request.once('error', reject);
    request.end(hop.body);
  });
}

function pinnedLookup({ addresses }: Target): LookupFunction {
  return (_hostname, options, callback) => {
    const first = addresses[0];
    if (options.all === true) callback(null, [...addresses]);
    else if (first === undefined) callback(new Error('no address'), '', 4);
    else callback(null, first.address, first.family);
  };
}

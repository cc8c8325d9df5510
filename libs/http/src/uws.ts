import hyperExpress from 'hyper-express';

/**
 * The part of µWebSockets.js this server stands on. hyper-express brings the native build and hands out its app
 * (`uws_instance`); its own request path is not used, because it answers 413 only after the whole body, never settles a body
 * that was cut, loses bodies sent as `Transfer-Encoding: Chunked`, and turns bad JSON into `{}`.
 */
export interface UwsRequest {
  getMethod(): string;
  getUrl(): string;
  /** Undefined where the target has no `?`. */
  getQuery(): string | undefined;
  forEach(each: (name: string, value: string) => void): void;
}

/** Dead after `end…()` or `onAborted`: touching it then throws. */
export interface UwsResponse {
  onAborted(handler: () => void): void;
  /** The chunk is only valid during the call. Registered or not, uWS reads a body to its end. */
  onData(handler: (chunk: ArrayBuffer, isLast: boolean) => void): void;
  onWritable(handler: (offset: number) => boolean): void;
  getRemoteAddressAsText(): ArrayBuffer;
  /** Outside a native callback everything is written in one cork: one packet instead of many. */
  cork(write: () => void): void;
  writeStatus(line: string): void;
  writeHeader(name: string, value: string): void;
  /** False once the socket is full; what was written is buffered all the same. */
  write(chunk: string | Uint8Array): boolean;
  end(body: string | Uint8Array, closeConnection: boolean): void;
  /** Without arguments no Content-Length is sent. */
  endWithoutBody(reportedLength?: number, closeConnection?: boolean): void;
}

export interface UwsApp {
  any(pattern: string, handler: (response: UwsResponse, request: UwsRequest) => void): void;
  listen(host: string, port: number, options: number, done: (socket: ListenSocket | false) => void): void;
  /** Closes the listening sockets and every connection, at once. */
  close(): void;
}

export type ListenSocket = { readonly __listenSocket: never };

interface Native {
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number;
  us_listen_socket_close(socket: ListenSocket): void;
  us_socket_local_port(socket: ListenSocket): number;
}

const native = hyperExpress.compressors as unknown as Native;

export function createUwsApp(): UwsApp {
  // auto_close would swallow SIGTERM: whoever runs the process decides when it ends.
  return new hyperExpress.Server({ auto_close: false }).uws_instance as unknown as UwsApp;
}

/** Binds host:port for this process alone; undefined when that is not possible. Without the flag two servers share one port silently. */
export function listenExclusively(app: UwsApp, host: string, port: number): ListenSocket | undefined {
  let bound: ListenSocket | undefined;
  app.listen(host, port, native.LIBUS_LISTEN_EXCLUSIVE_PORT, (socket) => {
    bound = socket === false ? undefined : socket;
  });
  return bound;
}

export const closeListenSocket = (socket: ListenSocket): void => native.us_listen_socket_close(socket);
export const localPort = (socket: ListenSocket): number => native.us_socket_local_port(socket);

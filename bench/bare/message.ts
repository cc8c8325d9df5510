/** The two streams hops of the bare path, and where the front waits. */
export const STREAM = 'BARE';
export const REQUESTED = 'bare.requested';
export const ALLOWED = 'bare.allowed';
/** Header that carries the core subject on which the front waits for this one answer. */
export const REPLY_TO = 'Reply-To';

export interface BareArguments {
  readonly natsPort: number;
  readonly user: string;
  readonly password: string;
  readonly httpPort: number;
  /** Where each hop commits what passes; undefined: nowhere. */
  readonly postgres?: string | undefined;
}

import { TemporaryError } from '@techno/kernel';

/** An upstream could not be asked, or did not answer properly. */
export class UpstreamError extends TemporaryError {
  /** False: no byte of the request has left, so it had no effect. True: the outcome is unclear. */
  readonly requestSent: boolean;

  constructor(code: string, message: string, options: { requestSent: boolean; cause?: unknown }) {
    super(code, message, options);
    this.requestSent = options.requestSent;
  }
}

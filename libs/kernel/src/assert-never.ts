/** Makes a switch exhaustive at compile time, and loud if data lied about its type. */
export function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}

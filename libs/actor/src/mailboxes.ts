/**
 * Work with the same key runs one at a time, in the order in which it was given; other keys are not held up.
 * A key without work takes no memory.
 */
export interface Mailboxes {
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
  readonly size: number;
}

export function createMailboxes(): Mailboxes {
  const tails = new Map<string, Promise<unknown>>();
  return {
    get size() {
      return tails.size;
    },
    run(key, work) {
      const before = tails.get(key);
      const mine = before === undefined ? work() : before.then(work, work);
      const tail = mine.then(forget, forget);
      function forget() {
        if (tails.get(key) === tail) tails.delete(key);
      }
      tails.set(key, tail);
      return mine;
    },
  };
}

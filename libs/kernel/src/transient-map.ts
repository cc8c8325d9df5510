/** Entries that come before the table is made anew. */
const MADE_ANEW_AFTER = 1_000;

/**
 * A Map for what comes and goes all the time.
 *
 * A Map or a Set of V8 is a table that is replaced by another when it has filled up, and the old table keeps a reference to the
 * new one (iterators need it). Once one of them has grown old, it keeps all its successors from dying young, and they keep all
 * that was in them when they were replaced: promises, closures, whole messages. All of it is copied twice, and fills the old
 * generation until that is collected. So what is deleted leaves its place empty, and before long a new Map takes over what is
 * still there: no table of one refers to a table of the other.
 */
export class TransientMap<Key extends string | number, Value extends {}> {
  #places = new Map<Key, Place<Value>>();
  #came = 0;

  get size(): number {
    return this.#places.size;
  }

  has(key: Key): boolean {
    return this.#places.has(key);
  }

  get(key: Key): Value | undefined {
    return this.#places.get(key)?.value;
  }

  set(key: Key, value: Value): void {
    const place = this.#places.get(key);
    if (place !== undefined) {
      place.value = value;
      return;
    }
    // Twice as many as there are: where many stay, few of them are taken over for each that comes.
    if (++this.#came > Math.max(MADE_ANEW_AFTER, 2 * this.#places.size)) {
      this.#places = new Map(this.#places);
      this.#came = 0;
    }
    this.#places.set(key, { value });
  }

  /** False: it was not there. */
  delete(key: Key): boolean {
    const place = this.#places.get(key);
    if (place === undefined) return false;
    place.value = undefined;
    return this.#places.delete(key);
  }

  /** In the order in which the keys came. What is deleted before its turn is left out; what comes meanwhile may be, too. */
  *values(): Generator<Value> {
    for (const place of this.#places.values()) if (place.value !== undefined) yield place.value;
  }
}

interface Place<Value> {
  /** Undefined once it is deleted. */
  value: Value | undefined;
}

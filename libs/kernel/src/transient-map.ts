/**
 * A Map for what comes and goes all the time.
 *
 * A Map or a Set of V8 is a table that is replaced by another when it has filled up, and the old table keeps a reference to the
 * new one (iterators need it). Once one of them has grown old, it keeps all its successors from dying young, and they keep all
 * that was in them when they were replaced: promises, closures, whole messages. All of it is copied twice, and fills the old
 * generation until that is collected. Here what is deleted leaves its place empty, so that old tables hold empty places only.
 */
export class TransientMap<Key extends string | number, Value> {
  readonly #places = new Map<Key, Place<Value>>();

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
    if (place === undefined) this.#places.set(key, { value });
    else place.value = value;
  }

  /** False: it was not there. */
  delete(key: Key): boolean {
    const place = this.#places.get(key);
    if (place === undefined) return false;
    place.value = undefined;
    return this.#places.delete(key);
  }

  /** In the order in which the keys came; what comes or goes meanwhile counts. */
  *values(): Generator<Value> {
    for (const place of this.#places.values()) yield place.value as Value;
  }
}

interface Place<Value> {
  /** Undefined once it is deleted. */
  value: Value | undefined;
}

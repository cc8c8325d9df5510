/**
 * Does everything asked for in one turn of the event loop together at its end. The client writes to its socket once for all
 * that is published in a row, and once for each that is not: gathered so, a hundred acks and publishes are one write.
 */
export function createTurn(): (work: () => void) => void {
  let waiting: (() => void)[] = [];
  const run = () => {
    const works = waiting;
    waiting = [];
    for (const work of works) work();
  };
  return (work) => {
    if (waiting.push(work) === 1) setImmediate(run);
  };
}

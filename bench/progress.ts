/** Tells what goes on: one line that is written over on a terminal, plain lines elsewhere. */
export async function step<T>(text: string, work: () => Promise<T>, say: (result: T) => string = () => 'done'): Promise<T> {
  const out = process.stderr;
  const began = performance.now();
  const draw = () => void out.write(`\r\u001b[K${text} … ${((performance.now() - began) / 1_000).toFixed(0)} s`);
  const timer = out.isTTY ? setInterval(draw, 1_000) : undefined;
  if (out.isTTY) draw();
  try {
    const result = await work();
    out.write(`${out.isTTY ? '\r\u001b[K' : ''}${text}: ${say(result)}\n`);
    return result;
  } catch (error) {
    out.write(`${out.isTTY ? '\r\u001b[K' : ''}${text}: failed\n`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}

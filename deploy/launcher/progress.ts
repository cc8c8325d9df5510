import { SECOND } from '@techno/kernel';

/** Says what goes on: one line that turns on a terminal, plain lines elsewhere. */
export interface Progress {
  /** Shows `text` while `work` runs, then how long it took. */
  step<T>(text: string, work: () => Promise<T>): Promise<T>;
  /** A line of its own. */
  note(text: string): void;
}

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const CLEAR_LINE = '\r\u001b[K';

export function progressOn(output: Output, now: () => number = () => performance.now()): Progress {
  return output.isTTY === true ? turning(output, now) : plain(output, now);
}

function plain(output: Output, now: () => number): Progress {
  return {
    async step(text, work) {
      const began = now();
      output.write(`${text} …\n`);
      const result = await work();
      output.write(`${text}: done in ${seconds(now() - began)}\n`);
      return result;
    },
    note: (text) => void output.write(`${text}\n`),
  };
}

function turning(output: Output, now: () => number): Progress {
  let current: string | undefined;
  let frame = 0;
  const draw = () => {
    if (current === undefined) return;
    const line = `${FRAMES[frame % FRAMES.length]} ${current} …`;
    output.write(CLEAR_LINE + line.slice(0, (output.columns || 80) - 1));
  };
  return {
    async step(text, work) {
      const began = now();
      current = text;
      draw();
      const timer = setInterval(() => {
        frame += 1;
        draw();
      }, 100);
      let mark = '✗';
      try {
        const result = await work();
        mark = '✓';
        return result;
      } finally {
        clearInterval(timer);
        current = undefined;
        output.write(`${CLEAR_LINE}${mark} ${text} (${seconds(now() - began)})\n`);
      }
    },
    note(text) {
      output.write(`${CLEAR_LINE}${text}\n`);
      draw();
    },
  };
}

function seconds(ms: number): string {
  return `${(ms / SECOND).toFixed(1)} s`;
}

import type { Writable } from 'node:stream';

/** Whether this process has a terminal to lend. */
export const hasTerminal = (): boolean => Boolean(process.stdin.isTTY && process.stdout.isTTY);

/** What a program on another machine is told of this terminal. */
export const terminalType = (): string => process.env.TERM ?? 'xterm';

/** Types into a program on another machine what is typed here, every key of it, until the program has ended. */
export async function typeInto(
  input: Writable,
  ended: Promise<unknown>,
  resize: (rows: number, columns: number) => void,
): Promise<void> {
  const { stdin, stdout } = process;
  const resized = () => resize(stdout.rows, stdout.columns);
  if (hasTerminal()) {
    stdin.setRawMode(true);
    stdout.on('resize', resized);
    resized();
  }
  stdin.pipe(input);
  await ended;
  stdin.unpipe(input);
  if (hasTerminal()) {
    stdin.setRawMode(false);
    stdout.off('resize', resized);
  }
  // Whatever else comes is for nobody, and a stream that is read keeps this process from ending.
  stdin.destroy();
}

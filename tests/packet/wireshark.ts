import { spawnSync } from 'node:child_process';

/** What a Wireshark command prints; undefined if it is not installed. */
export const printed = (tool: 'tshark' | 'capinfos', ...args: string[]): string | undefined => {
  const { stdout, stderr, status, error } = spawnSync(tool, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (error && 'code' in error && error.code === 'ENOENT') return undefined;
  if (error || status !== 0) throw error ?? new Error(`${tool} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
};

/** Skips a test where a tool is missing, and says so in its title. */
export const skip = (test: Mocha.Context, tool: string): never => {
  if (test.test) test.test.title += ` (skipped: ${tool} is not installed; apt-get install tshark)`;
  return test.skip();
};

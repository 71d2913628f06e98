import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What opens a page where a person works, and whether there is a screen for it. */
function opener(): string | undefined {
  if (process.platform === 'darwin') return 'open';
  return process.env.DISPLAY || process.env.WAYLAND_DISPLAY ? 'xdg-open' : undefined;
}

/**
 * Opens a link in a person's browser. Its token is in no command line, which all users of a machine may read: the browser is
 * given a file of this user's that leads there, which goes when it is disposed of. `told` says why nothing opens, if so.
 */
export function openBrowser(link: string, told: (why: string) => void): Disposable {
  const program = opener();
  if (!program) {
    told('there is no screen here');
    return { [Symbol.dispose]() {} };
  }
  const folder = mkdtempSync(join(tmpdir(), 'packetwalk-open-'));
  const file = join(folder, 'open.html');
  writeFileSync(file, `<!doctype html><meta http-equiv="refresh" content="0; url=${link}">\n`, { mode: 0o600 });
  const child = spawn(program, [pathToFileURL(file).href], { stdio: 'ignore', detached: true });
  child.once('error', ({ message }) => told(message));
  child.once('exit', (code) => code && told(`${program} ended with ${code}`));
  child.unref();
  return { [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Says that no browser was opened, and why. */
export const noBrowser = (why: string): void =>
  void process.stderr.write(`No browser was opened: ${why}. Open the link yourself.\n`);

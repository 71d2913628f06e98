import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** What `npm run lab` runs. */
export const script = fileURLToPath(new URL('../../scripts/lab.js', import.meta.url));

/** A folder of one's own, also for the notes of standing labs, so that tests do not meet a person's labs. */
export function ownFolder(): { folder: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(join(tmpdir(), 'packetwalk-test-'));
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The command line as a person types it, in a folder and in no CI job; ended when it takes longer than it may. */
export const packetwalk = (folder: string, env: Record<string, string> = {}, timeoutMs = 60_000) => {
  const settings = { TMPDIR: folder, INIT_CWD: folder, NO_COLOR: '1', CI: '', npm_lifecycle_event: 'lab', ...env };
  return (...words: string[]) =>
    execa(process.execPath, [script, ...words], {
      env: settings,
      reject: false,
      all: true,
      stdin: 'ignore',
      timeout: timeoutMs,
    });
};

/** A lab of two hosts on one cable, as a person would write it to a file. */
export const smallLab = ({ setup = '', hop = 'b:eth0' } = {}) => `
import { at, icmp, ip, lab, send } from 'packetwalk';
const request = [ip({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 64 }), icmp({ type: 'echo request' })];
export default lab({
  title: 'Two hosts on one cable',
  nodes: { a: 'host', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'],
  setup: { ${setup} },
  walks: {
    'a pings b': {
      send: send('a', 'ping -c 1 10.0.0.2'),
      request: [at('a:eth0', 'It leaves a', request), at('${hop}', 'It reaches b', request)],
    },
  },
});
`;

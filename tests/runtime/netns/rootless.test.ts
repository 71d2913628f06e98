import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { build } from 'esbuild';
import { dropsFile } from '../../../src/runtime/agent/agent.ts';
import { agentFile } from '../../../src/runtime/agent/start.ts';

/** In a sandbox whose / is not its root’s, a script could be another’s. */
const INSECURE =
  '0 SECURITY VIOLATION - scripts are being executed but script_security not enabled. There are insecure scripts.\n';
const NOBODY = 65534;
const WITHOUT_NAME = 54321;

describe('an ordinary user', () => {
  let folder: string | undefined;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'packetwalk-rootless-'));
    chmodSync(folder, 0o755);
    await build({
      entryPoints: [fileURLToPath(new URL('../ordinary-user.ts', import.meta.url))],
      outfile: join(folder, 'ordinary-user.mjs'),
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'silent',
    });
    copyFileSync(agentFile, join(folder, 'agent.pl'));
    copyFileSync(dropsFile, join(folder, 'drops.pl'));
    for (const name of ['ordinary-user.mjs', 'agent.pl', 'drops.pl']) chmodSync(join(folder, name), 0o644);
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  const run = promisify(execFile);
  const as = async (uid: number) => {
    const options = { uid, gid: uid, cwd: '/', env: { PATH: process.env.PATH } };
    const mayNot = await run('unshare', ['--user', '--map-root-user', '--net', 'true'], options).then(
      () => undefined,
      String,
    );
    if (mayNot) return { mayNot };
    const { stdout } = await run(process.execPath, [join(folder!, 'ordinary-user.mjs')], options);
    return { told: JSON.parse(stdout) as Record<string, unknown> };
  };

  for (const [who, uid] of [
    ['nobody', NOBODY],
    ['a user who has no name', WITHOUT_NAME],
  ] as const)
    it(`stands a lab up, sees a packet arrive and another lost, as ${who}`, async function () {
      const skip = (why: string) => {
        this.test!.title += ` (skipped: ${why})`;
        this.skip();
      };
      if (process.getuid?.() !== 0) skip('only root can become another user; all other tests run as this one');
      const { mayNot, told } = await as(uid);
      if (mayNot) skip(`this machine lets ordinary users make no namespaces: ${mayNot}`);
      const { configured, ...all } = told!;
      // What keepalived itself says of its configuration, where it is installed.
      expect(configured).to.be.oneOf([INSECURE, '0 absent\n']);
      expect(all).to.deep.equal({
        uid,
        rootless: true,
        within: '0\na\nmine\neth0\nlo\nit has dropped its groups\n',
        reentered: 'it has dropped its groups\n',
        walks: [
          { verdict: 'passed', ended: 'answered' },
          { verdict: 'failed', ended: 'reply lost at b:eth0' },
        ],
      });
    });
});

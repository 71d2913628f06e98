import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { find } from '../../../src/machine/programs.ts';
import { plan } from '../../../src/plan/plan.ts';
import { sandbox } from '../builders.ts';
import { labOf } from '../labs.ts';
import { shellScript } from '../script.ts';

/** What stands so many hosts up on one bridge: by which words, or why it cannot be had here. */
export interface Peer {
  name: string;
  /** How the words that stand so many hosts up are made; some need a folder, and an image that the engine has. */
  words?(size: number, folder: string, image: string): Promise<string[]>;
  needsEngine?: true;
  absent?: string;
}

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** packetwalk, a script and the other tools, in the order of the table. */
export function peers(): Peer[] {
  return [
    { name: 'packetwalk, netns', words: packetwalkOn('netns') },
    { name: 'plain script', words: script },
    mininet(),
    { name: 'packetwalk, docker', words: packetwalkOn('docker'), needsEngine: true },
    kathara(),
    containerlab(),
    netlab(),
  ];
}

const packetwalkOn = (runtime: string) => async (size: number, folder: string) => {
  const file = join(folder, `hosts-${size}.json`);
  await writeFile(file, JSON.stringify(labOf('bridge', size)));
  return [process.execPath, here('packetwalk-single.js'), runtime, file];
};

async function script(size: number, folder: string) {
  const at = join(folder, `script-${size}`);
  await mkdir(at, { recursive: true });
  const files = shellScript(plan(labOf('bridge', size), 'hosts'), { atOnce: 1 });
  for (const [file, text] of Object.entries(files)) await writeFile(join(at, file), text);
  return [...sandbox, `--wd=${at}`, 'sh', 'setup.sh'];
}

function mininet(): Peer {
  const name = said('Mininet', 'mn', '--version');
  const missing = ['mn', 'mnexec', 'brctl'].filter((command) => !find(command));
  if (missing.length)
    return {
      name,
      absent: `${missing.join(', ')} missing. Type: apt-get install --no-install-recommends mininet bridge-utils`,
    };
  return { name, words: async (size) => [here('mininet_single.py'), String(size)] };
}

function kathara(): Peer {
  const which = 'import Kathara; from importlib.metadata import version; print(version("kathara"))';
  const { status, stdout } = spawnSync('python3', ['-c', which], { encoding: 'utf8' });
  if (status !== 0) return { name: 'Kathará', absent: 'python3 has no module Kathara. Type: pip install kathara' };
  return {
    name: `Kathará ${stdout.trim()}, on Docker’s own bridges`,
    needsEngine: true,
    words: async (size, _, image) => ['python3', here('kathara_single.py'), String(size), image],
  };
}

function containerlab(): Peer {
  const absent = find('containerlab')
    ? 'it is here, and nobody has written yet how this benchmark drives it'
    : 'Debian, PyPI and npm have no package of it, and Go’s module proxy refuses github.com/srl-labs/containerlab: “This module version is not available”';
  return { name: 'containerlab', absent };
}

function netlab(): Peer {
  if (!find('netlab')) return { name: 'netlab', absent: 'netlab is missing. Type: pip install networklab' };
  return {
    name: said('netlab', 'netlab', 'version').replace(' version', ''),
    absent: find('containerlab')
      ? 'it is here, and nobody has written yet how this benchmark drives it'
      : 'it writes the files of a topology (`netlab create`), and `netlab up` ends with “Containerlab is not installed”',
  };
}

/** A name with the version that a command says, if it is there. */
function said(name: string, ...[command = '', ...words]: string[]): string {
  const { stdout, stderr, error } = spawnSync(command, words, { encoding: 'utf8' });
  const text = error ? '' : `${stdout}${stderr}`.trim().split('\n')[0]!;
  return text.startsWith(name) ? text : [name, text].filter(Boolean).join(' ');
}

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

function said(command: string, ...words: string[]): string {
  const { stdout, stderr, error } = spawnSync(command, words, { encoding: 'utf8' });
  return error ? 'none' : `${stdout}${stderr}`.trim();
}

/** What the numbers were measured on, name and value. */
export function machine(): [string, string][] {
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown';
  return [
    ['Processor', `${cpus().length} × ${cpus()[0]!.model.trim()}`],
    ['Memory', `${Math.round(totalmem() / 2 ** 30)} GiB`],
    ['System', `${system}, Linux ${release()}`],
    ['Node', process.versions.node],
    ['iproute2', /iproute2-(\S+?),?(\s|$)/.exec(said('ip', '-V'))?.[1] ?? 'unknown'],
    ['Mininet', said('mn', '--version')],
    ['User', process.getuid?.() === 0 ? 'root, where nothing else is said' : 'an ordinary user'],
    ['Date', new Date().toISOString().slice(0, 10)],
    ['Load when it began', loadavg()[0]!.toFixed(2)],
  ];
}

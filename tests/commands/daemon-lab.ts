import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A lab of which a daemon gives a its route; whoever is there in small types it. */
export const daemonLab = `
import { at, daemon, icmp, ip, lab, send, standsFor } from 'packetwalk';
const request = [ip({ src: '10.0.0.1', dst: '10.9.0.1', ttl: 64 }), icmp({ type: 'echo request' })];
export default lab({
  title: 'A daemon tells a where 10.9.0.1 is',
  nodes: { a: 'host', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'],
  setup: {
    'b has an address more': { b: 'ip addr add 10.9.0.1/32 dev lo' },
    'a is told where it is': {
      a: standsFor('routed', {
        small: 'ip route add 10.9.0.0/24 via 10.0.0.2',
        real: daemon('routed', '/run/daemons/routed 10.9.0.0/24 10.0.0.2', { 'its route is there': 'ip route show 10.9.0.0/24 | grep -q via' }),
      }),
    },
  },
  walks: {
    'a pings it': {
      send: send('a', 'ping -c 1 10.9.0.1'),
      request: [at('a:eth0', 'It leaves a', request), at('b:eth0', 'It reaches b', request)],
    },
  },
  faults: {
    'a has lost its route': {
      break: { a: 'ip route del 10.9.0.0/24' },
      lostAt: 'a:eth0',
      hint: 'Look at a’s routes',
      fix: { a: 'ip route add 10.9.0.0/24 via 10.0.0.2' },
    },
  },
});
`;

/** What the daemon does; it stays. */
export const routed = 'ip route replace $1 via $2\nexec sleep 1000';

/** The first line of a program that tells its version. */
const tells = (version: string) => `[ "$1" = --version ] && { echo routed ${version}; exit; }`;

/**
 * Writes a program that is what the lab’s daemon stands for into a folder that no node sees; returns what `--daemon` takes. What is to
 * stand in place of its version is its own answer to --version.
 */
export function daemonIn(folder: string, script: string, version = tells('1.2.3')): string {
  const path = join(folder, 'routed');
  writeFileSync(path, `#!/bin/sh\n${version}\n${script}\n`);
  chmodSync(path, 0o755);
  return 'routed=./routed';
}

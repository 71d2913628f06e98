import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const lab = (setup, ttl) => `
import { at, icmp, ip, lab, send } from 'packetwalk';
const request = [ip({ src: '10.0.0.1', dst: '10.0.0.2', ttl: ${ttl} }), icmp({ type: 'echo request' })];
export default lab({
  title: 'Two hosts on one cable',
  nodes: { a: 'host', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'],
  setup: { ${setup} },
  walks: {
    'a pings b': {
      send: send('a', 'ping -c 1 10.0.0.2'),
      request: [at('a:eth0', 'It leaves a', request), at('b:eth0', 'It reaches b', request)],
    },
  },
});
`;

/** Writes labs of one's own into a folder: one that passes, one that fails, one that takes more memory than a task may have. */
export function ownLabs(folder) {
  const labs = {
    passes: lab('', 64),
    fails: lab('', 63),
    'takes-memory': lab(`'It takes three GiB': { a: "perl -e '$x = 1 x (3 << 30)' || true" }`, 64),
  };
  for (const [name, text] of Object.entries(labs)) writeFileSync(join(folder, `${name}.ts`), text);
}

/** The Dockerfile of an image with these labs. */
export const recipe = (image) => `FROM ${image}\nWORKDIR /labs\nCOPY *.ts ./\n`;

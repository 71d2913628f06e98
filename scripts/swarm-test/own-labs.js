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

/** What a tunnel would not carry: a frame of LLDP, which a bridge keeps to itself, and one of 9,001 bytes. */
const frames = `
import { at, icmp, ip, lab, lines, send } from 'packetwalk';
const large = [ip({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 64, length: 8987, df: true }), icmp({ type: 'echo request' })];
const lldp = '0180c200000e02000000000188cc' + '0202076104020762060200780000';
const listen = 'socket(S, 17, 3, 0xcc88) or die; sysread S, $f, 65536; print unpack "H*", $f';
const tell = 'socket(S, 17, 3, 0) or die; send(S, pack("H*", "' + lldp + '"), 0, pack("S n l S C C a8", 17, 3, $ARGV[0], 1, 0, 6, "")) or die';
export default lab({
  title: 'Frames that cross a cable',
  nodes: { a: 'host', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'],
  setup: {
    'Large frames are let in': { a: 'ip link set eth0 mtu 9000', b: 'ip link set eth0 mtu 9000' },
    'b listens for neighbours': { b: "perl -e '" + listen + "' >/run/lldp & until grep -q 88cc /proc/net/packet; do :; done" },
    'a tells of itself': { a: "perl -e '" + tell + "' $(cat /sys/class/net/eth0/ifindex)" },
  },
  walks: {
    'a sends a frame of 9,001 bytes': {
      send: send('a', 'ping -c 1 -M do -s 8959 10.0.0.2'),
      request: [at('a:eth0', 'It leaves a', large), at('b:eth0', 'It reaches b', large)],
    },
  },
  checks: {
    'b has heard what a told of itself': { run: 'cat /run/lldp', see: { b: lines(lldp) }, within: '10 s' },
  },
});
`;

/**
 * Writes labs of one's own into a folder: one that passes, one that fails, one that takes more memory than a task may have, one with
 * frames of other kinds.
 */
export function ownLabs(folder) {
  const labs = {
    passes: lab('', 64),
    fails: lab('', 63),
    'takes-memory': lab(`'It takes three GiB': { a: "perl -e '$x = 1 x (3 << 30)' || true" }`, 64),
    frames,
  };
  for (const [name, text] of Object.entries(labs)) writeFileSync(join(folder, `${name}.ts`), text);
}

/** The Dockerfile of an image with these labs. */
export const recipe = (image) => `FROM ${image}\nWORKDIR /labs\nCOPY *.ts ./\n`;

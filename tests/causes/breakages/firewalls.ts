import type { Breaker } from '../breakages.ts';
import type { Random } from '../random.ts';
import { crossings, delivered, type Ground, ports, routed } from '../stages.ts';
import { at } from './at.ts';

interface Filtered {
  place: string;
  src: string;
  dst: string;
  /** The hook of netfilter that it passes. */
  hook: 'forward' | 'input' | 'output';
}

const filtered = (ground: Ground): Filtered[] => [
  ...routed(ground, 'all').map(({ iif, ...rest }) => ({
    ...rest,
    hook: iif ? ('forward' as const) : ('output' as const),
  })),
  ...delivered(ground).map((each) => ({ ...each, hook: 'input' as const })),
];

const targets = ['DROP', 'REJECT', 'DROP -m comment --comment "not from here"'];

const byIptables = ({ place, src, dst, hook }: Filtered, random: Random) => {
  const target = random.pick(targets)!;
  const isEarly = hook !== 'output' && random.below(4) === 0;
  const table = isEarly ? '-t raw' : '-t filter';
  const chain = isEarly ? 'PREROUTING' : hook.toUpperCase();
  const rule = `-s ${src} -d ${dst} -j ${isEarly ? 'DROP' : target}`;
  return random.below(2)
    ? at(place, 'firewall rule', [[`iptables ${table} -I ${chain} ${rule}`], [`iptables ${table} -D ${chain} ${rule}`]])
    : at(place, 'firewall rule', [
        [
          `iptables ${table} -N wardens`,
          `iptables ${table} -A wardens -s 198.51.100.1 -j DROP`,
          `iptables ${table} -A wardens ${rule}`,
          `iptables ${table} -I ${chain} -j wardens`,
        ],
        [`iptables ${table} -D ${chain} -j wardens`, `iptables ${table} -F wardens`, `iptables ${table} -X wardens`],
      ]);
};

const nftTable = (place: string, cause: string | string[], family: string, hook: string, rest: string) =>
  at(place, cause, [
    [
      `nft 'add table ${family} guard; add chain ${family} guard gate { type filter hook ${hook} priority 10 ; ${rest}'`,
    ],
    [`nft delete table ${family} guard`],
  ]);

export const ofFirewalls: Record<string, Breaker> = {
  'firewall rule': (ground, random) => {
    const here = random.pick(filtered(ground));
    return here && byIptables(here, random);
  },
  'a rule of an inet table': (ground, random) => {
    const here = random.pick(filtered(ground));
    if (!here) return undefined;
    const verdict = random.pick(['drop', 'reject', 'counter drop']);
    const rule = `ip saddr ${here.src} ip daddr ${here.dst} ${verdict}`;
    return nftTable(here.place, 'firewall rule', 'inet', here.hook, `} ; add rule inet guard gate ${rule}`);
  },
  'a rule of a bridge table': (ground, random) => {
    const here = random.pick(ports(ground, 4));
    if (!here) return undefined;
    const rule = `${here.direction === 'in' ? 'iifname' : 'oifname'} ${here.port} ip protocol != igmp drop`;
    return nftTable(
      here.place,
      ['bridge firewall', 'firewall rule'],
      'bridge',
      'forward',
      `} ; add rule bridge guard gate ${rule}`,
    );
  },
  'firewall policy': (ground, random) => {
    const here = random.pick(filtered(ground));
    if (!here) return undefined;
    const rule = '} ; add rule inet guard gate meta l4proto ipv6-icmp accept';
    return nftTable(here.place, 'firewall policy', 'inet', here.hook, `policy drop ; ${rule}`);
  },
  'not refused': (ground, random) => {
    const refused = ground.walk.hops.flatMap((hop) =>
      hop.kind === 'hook' && ['drop', 'reject'].includes(hop.expected.ending?.verdict ?? '') ? [hop] : [],
    );
    const here = random.pick(refused.filter(({ family, chain }) => family === 'ip' && /^[A-Z]+$/.test(chain)));
    const ip = crossings(ground).at(-1)?.ip;
    if (!here || !ip) return undefined;
    const rule = `${here.chain} -s ${ip.src} -j ACCEPT`;
    return at(here.place, 'not refused', [
      [`iptables -t ${here.table} -I ${rule}`],
      [`iptables -t ${here.table} -D ${rule}`],
    ]);
  },
  'conntrack state invalid': (ground, random) => {
    const requests = routed(ground).filter(({ part }) => part === 'request');
    const here = random.pick(
      routed(ground).filter(({ part, place }) => part === 'reply' && requests.some((each) => each.place === place)),
    );
    if (!here) return undefined;
    const drop = 'FORWARD -m conntrack --ctstate INVALID -j DROP';
    // What is not tracked has no state that lets it pass: a policy may drop the request before it is answered.
    const policy = /hook forward [^}]*?policy drop/.test(here.state.ruleset) ? ['firewall policy'] : [];
    return at(
      here.place,
      ['conntrack state invalid', ...policy],
      [
        [
          'nft add table ip unseen',
          `nft 'add chain ip unseen early { type filter hook prerouting priority raw ; }'`,
          `nft add rule ip unseen early ip saddr ${here.dst} ip daddr ${here.src} notrack`,
          `iptables -I ${drop}`,
        ],
        [`iptables -D ${drop}`, 'nft delete table ip unseen'],
      ],
    );
  },
};

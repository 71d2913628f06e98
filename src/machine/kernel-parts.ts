import { deviceKinds } from './device-kinds.ts';
import { tcParts } from './tc-parts.ts';

/** What ip(8) must be told of some kinds before it asks the kernel for one. */
const askedWith: Record<string, string> = {
  vxlan: 'id 1 dstport 4789',
  geneve: 'id 1 remote 127.0.0.1',
  ipip: 'local 127.0.0.1',
  gre: 'local 127.0.0.1',
  vrf: 'table 10',
};

/** By which modes `ip tunnel` names a kind. */
const modes: Record<string, string> = {
  ...Object.fromEntries(['ipip', 'gre', 'sit', 'vti', 'vti6', 'ip6gre'].map((kind) => [kind, kind])),
  ip6tnl: '(ip6ip6|ipip6|ip4ip6)',
};

/** A part of a kernel: how a lab's commands name it, what finds out whether it is there, and the module that has it. */
export interface Part {
  named: RegExp;
  probe: string;
  module?: string;
}

/** A kind of device, whether it is in the list of kinds or not. */
export const devicePart = (kind: string): Part => ({
  named: new RegExp(`\\btype\\s+${kind}\\b${modes[kind] ? `|\\bmode\\s+${modes[kind]}\\b` : ''}`),
  probe: `ip link add $probe ${/vlan$|vtap$/.test(kind) ? 'link lo ' : ''}type ${kind} ${askedWith[kind] ?? ''}`,
  module: `rtnl-link-${kind}`,
});

/** Queueing disciplines, and what tc(8) must be told of some before it asks the kernel for one. */
const disciplines = {
  tbf: 'rate 1mbit burst 32k latency 10ms',
  red: 'limit 400000 avpkt 1000 bandwidth 10mbit',
  ...Object.fromEntries('htb prio fq fq_codel codel sfq hfsc cake drr'.split(' ').map((kind) => [kind, ''])),
};

const discipline = (kind: string, told: string): Part => ({
  named: new RegExp(`\\bqdisc\\s+(add|replace)\\b.*\\s${kind}\\b`),
  probe: `tc qdisc replace dev lo root ${kind} ${told}`,
  module: `sch_${kind}`,
});

export const otherParts: Record<string, Part> = {
  ipip: { ...devicePart('ipip'), named: /\b(type|mode)\s+ipip\b|\btunl0\b/ },
  tun: {
    named: /\/dev\/net\/tun\b|\btuntap\b/,
    probe: 'ip tuntap add $probe mode tun && ip tuntap del $probe mode tun',
    module: 'tun',
  },
  vlan_filtering: {
    named: /\bvlan_filtering\b|\bbridge\s+vlan\s+(add|del)\b/,
    probe: 'ip link add $probe type bridge vlan_filtering 1',
  },
  netem: { ...discipline('netem', ''), named: /\bnetem\b/ },
  ingress: {
    named: /\bqdisc\s+(add|replace)\b.*\s(ingress|clsact)\b/,
    probe: 'tc qdisc replace dev lo ingress',
    module: 'sch_ingress',
  },
  esp: {
    named: /\bxfrm\s+state\s+(add|update)\b.*\bproto\s+esp\b/,
    probe: `ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 1 mode tunnel aead 'rfc4106(gcm(aes))' 0x${'00'.repeat(20)} 128`,
    module: 'esp4',
  },
  ip_vs: { named: /\bipvsadm\b/, probe: 'ipvsadm -Ln || test -e /proc/net/ip_vs', module: 'ip_vs' },
};

/** A right rather than a part: that programs take other groups (setgroups(2)). A lab states it; no command tells it. */
export const SETGROUPS = 'setgroups';
const setgroups: Part = { named: /(?!)/, probe: 'setpriv --clear-groups true || { echo not found; false; }' };

/** Every part that labs are known to need, by its name. */
export const kernelParts: Record<string, Part> = {
  ...Object.fromEntries(deviceKinds.map((kind) => [kind, devicePart(kind)])),
  ...Object.fromEntries(Object.entries(disciplines).map(([kind, told]) => [kind, discipline(kind, told)])),
  ...otherParts,
  ...tcParts,
  [SETGROUPS]: setgroups,
};

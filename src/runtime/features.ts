import { deviceKinds } from '../machine/device-kinds.ts';
import type { Plan } from '../plan/plan.ts';
import { CannotRun } from '../plan/usage.ts';
import type { Agent } from './agent/agent.ts';

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
interface Part {
  named: RegExp;
  probe: string;
  module?: string;
}

const device = (kind: string): Part => ({
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

const others: Record<string, Part> = {
  ipip: { ...device('ipip'), named: /\b(type|mode)\s+ipip\b|\btunl0\b/ },
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
  ip_vs: { named: /\bipvsadm\b/, probe: 'ipvsadm -Ln || test -e /proc/net/ip_vs', module: 'ip_vs' },
};

const table: Record<string, Part> = {
  ...Object.fromEntries(deviceKinds.map((kind) => [kind, device(kind)])),
  ...Object.fromEntries(Object.entries(disciplines).map(([kind, told]) => [kind, discipline(kind, told)])),
  ...others,
};

export type Feature = string;

export const features: Feature[] = Object.keys(table);

/** Those that labs use often enough for a person to be told of each. */
export const usualFeatures: Feature[] = [
  ...deviceKinds.slice(0, 15),
  ...Object.keys(others).filter((each) => each !== 'ipip'),
];

/** The module that has a part of a kernel, as modprobe(8) takes it. */
export const moduleOf = (feature: Feature): string | undefined => table[feature]?.module;

/** What is said of a part that may be there and yet be closed to a user. */
const words: Record<Feature, string> = {
  tun: '/dev/net/tun that this user may open',
  vlan_filtering: 'VLAN filtering of bridges',
};

/** What a kernel with network namespaces has for certain, so that a start need not ask. */
const everywhere = new Set<Feature>(['veth', 'bridge']);

/** Linux refuses an unknown device in these words; any other complaint is about how the probe asked. */
const absent =
  /Unknown device type|not supported|Unknown qdisc|qdisc kind is unknown|Can't initialize ipvs|not found|open: /i;

/** A kernel that lacks parts of itself that a lab uses. */
export class LacksFeatures extends CannotRun {
  readonly features: Feature[];
  constructor(whose: string, lacking: Feature[]) {
    super('skipped', `${whose} has no ${lacking.map((each) => words[each] ?? each).join(', no ')}`);
    this.features = lacking;
  }
}

/** The parts of a kernel that a lab's own commands name. */
export function needs({ steps, faults }: Pick<Plan, 'steps' | 'faults'>): Feature[] {
  const lines = [
    ...steps.flatMap(({ commands = [] }) => commands),
    ...faults.flatMap((each) => [...each.break, ...each.fix]),
  ];
  const text = lines.flatMap((each) => each.lines).join('\n');
  return features.filter((feature) => !everywhere.has(feature) && table[feature]!.named.test(text));
}

/** Which of some features the kernel under an agent lacks, by trying each in a network namespace that is thrown away. */
export async function lacking(agent: Agent, wanted: Feature[]): Promise<Feature[]> {
  if (!wanted.length) return [];
  const script = wanted
    .map((feature, i) => {
      const probe = table[feature]!.probe.replaceAll('$probe', `probe${i}`);
      return `said=$( (${probe}) 2>&1 ); echo "${feature} $?" $said`;
    })
    .join('\n');
  const { stdout } = await agent.run('', [{ argv: ['unshare', '--net', 'sh', '-c', script] }]);
  return wanted.filter((feature) => {
    const said = stdout.split('\n').find((line) => line.startsWith(`${feature} `)) ?? '';
    return !/^\S+ 0 /.test(said) && absent.test(said);
  });
}

/** Throws where the kernel under an agent lacks what a lab needs. */
export async function requireFeatures(agent: Agent, plan: Plan, whose: string): Promise<void> {
  const without = await lacking(agent, needs(plan));
  if (without.length) throw new LacksFeatures(whose, without);
}

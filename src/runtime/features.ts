import type { Plan } from '../plan/plan.ts';
import { CannotRun } from '../plan/usage.ts';
import type { Agent } from './agent/agent.ts';

/** Parts of a kernel: how a lab's commands name them, and what finds out whether they are there. */
const table = {
  veth: { named: /\btype veth\b/, probe: 'ip link add $probe type veth' },
  bridge: { named: /\btype bridge\b/, probe: 'ip link add $probe type bridge' },
  vxlan: { named: /\btype vxlan\b/, probe: 'ip link add $probe type vxlan id 1 dstport 4789' },
  ipip: { named: /\b(type|mode) ipip\b|\btunl0\b/, probe: 'ip link add $probe type ipip local 127.0.0.1' },
  gre: { named: /\b(type|mode) gre\b/, probe: 'ip link add $probe type gre local 127.0.0.1' },
  dummy: { named: /\btype dummy\b/, probe: 'ip link add $probe type dummy' },
  tun: {
    named: /\/dev\/net\/tun\b|\btuntap\b/,
    probe: 'ip tuntap add $probe mode tun && ip tuntap del $probe mode tun',
  },
  vrf: { named: /\btype vrf\b/, probe: 'ip link add $probe type vrf table 10' },
  macvlan: { named: /\btype macvlan\b/, probe: 'ip link add $probe link lo type macvlan' },
  ipvlan: { named: /\btype ipvlan\b/, probe: 'ip link add $probe link lo type ipvlan' },
  geneve: { named: /\btype geneve\b/, probe: 'ip link add $probe type geneve id 1 remote 127.0.0.1' },
  wireguard: { named: /\btype wireguard\b/, probe: 'ip link add $probe type wireguard' },
  netem: { named: /\bnetem\b/, probe: 'tc qdisc add dev lo root netem && tc qdisc del dev lo root' },
  ip_vs: { named: /\bipvsadm\b/, probe: 'ipvsadm -Ln || test -e /proc/net/ip_vs' },
} satisfies Record<string, { named: RegExp; probe: string }>;

export type Feature = keyof typeof table;

export const features = Object.keys(table) as Feature[];

/** What is said of a part that may be there and yet be closed to a user. */
const words: Partial<Record<Feature, string>> = { tun: '/dev/net/tun that this user may open' };

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
  return features.filter((feature) => !everywhere.has(feature) && table[feature].named.test(text));
}

/** Which of some features the kernel under an agent lacks, by trying each in a network namespace that is thrown away. */
export async function lacking(agent: Agent, wanted: Feature[]): Promise<Feature[]> {
  if (!wanted.length) return [];
  const script = wanted
    .map((feature) => {
      const probe = table[feature].probe.replace('$probe', `p-${feature}`);
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

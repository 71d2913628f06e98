import type { Needs } from '../lab/needs.ts';
import { deviceKinds } from '../machine/device-kinds.ts';
import { devicePart, kernelParts, otherParts, type Part } from '../machine/kernel-parts.ts';
import { commandOf } from '../plan/needs.ts';
import type { Plan } from '../plan/plan.ts';
import { CannotRun } from '../plan/usage.ts';
import type { Agent } from './agent/agent.ts';

export type Feature = string;

export const features: Feature[] = Object.keys(kernelParts);

/** Those that labs use often enough for a person to be told of each. */
export const usualFeatures: Feature[] = [
  ...deviceKinds.slice(0, 15),
  ...Object.keys(otherParts).filter((each) => each !== 'ipip'),
];

/** The module that has a part of a kernel, as modprobe(8) takes it. */
export const moduleOf = (feature: Feature): string | undefined => kernelParts[feature]?.module;

/** What is said of a part that may be there and yet be closed to a user. */
const words: Record<Feature, string> = {
  tun: '/dev/net/tun that this user may open',
  vlan_filtering: 'VLAN filtering of bridges',
};

/** What a kernel with network namespaces has for certain, so that a start need not ask. */
const everywhere = new Set<Feature>(['veth', 'bridge']);

/** Linux refuses an unknown device in these words; any other complaint is about how the probe asked. */
const absent =
  /Unknown device type|not supported|Unknown qdisc|qdisc kind is unknown|Can't initialize ipvs|not found|Failed to load TC action|open: /i;

/** A kernel that lacks parts of itself that a lab uses. */
export class LacksFeatures extends CannotRun {
  readonly features: Feature[];
  constructor(whose: string, lacking: Feature[]) {
    super('skipped', `${whose} has no ${lacking.map((each) => words[each] ?? each).join(', no ')}`);
    this.features = lacking;
  }
}

/** The parts of a kernel that a lab needs: those that it states, and those that its own commands name. */
export function needs({ steps, faults, needs = {} }: Pick<Plan, 'steps' | 'faults' | 'needs'>): Feature[] {
  const lines = [
    ...steps.flatMap(({ commands = [] }) => commands),
    ...faults.flatMap((each) => [...each.break, ...each.fix]),
  ];
  const text = lines.flatMap((each) => each.lines).join('\n');
  const named = features.filter((feature) => kernelParts[feature]!.named.test(text));
  const stated = [...(needs.devices ?? []), ...(needs.kernel ?? []).map((each) => nameOf(each))];
  return [...new Set([...stated, ...named])].filter((feature) => !everywhere.has(feature));
}

const nameOf = (part: NonNullable<Needs['kernel']>[number]) => (typeof part === 'string' ? part : part.part);

/** What finds out whether a kernel has a part: the table's probe, the one that a lab states, or an attempt to make such a device. */
function probeOf(feature: Feature, { kernel = [] }: Needs): string {
  const own = kernel.find((each) => typeof each !== 'string' && each.part === feature);
  // Whatever such a command says, its failure is that the part is not there.
  if (typeof own === 'object') return `(${own.probe}) >/dev/null 2>&1 || { echo not found; exit 1; }`;
  const part: Part = kernelParts[feature] ?? devicePart(feature);
  return part.probe;
}

/** Which of some features the kernel under an agent lacks, by trying each in a network namespace that is thrown away. */
export async function lacking(agent: Agent, wanted: Feature[], stated: Needs = {}): Promise<Feature[]> {
  if (!wanted.length) return [];
  const script = wanted
    .map((feature, i) => {
      const probe = probeOf(feature, stated).replaceAll('$probe', `probe${i}`);
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
  const without = await lacking(agent, needs(plan), plan.needs);
  if (without.length) throw new LacksFeatures(whose, without);
  const programs = (plan.needs?.programs ?? []).map(commandOf);
  const look = programs.map((program) => `command -v ${program} >/dev/null || echo ${program}`).join('\n');
  const { stdout } = await agent.run('', [{ argv: ['sh', '-c', look] }]);
  const absent = stdout.split('\n').filter(Boolean);
  if (absent.length) throw new CannotRun('skipped', `where ${whose} runs, there is no ${absent.join(', no ')}`);
}

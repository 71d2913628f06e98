import { plan } from '../../src/plan/plan.ts';
import { findings, setUp } from '../../src/prove/run.ts';
import { start } from '../../src/runtime/index.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { median } from './numbers.ts';
import { quiet } from './quiet.ts';
import { type Mode, modes, type ProxyNode, programming, servicesLab } from './services-lab.ts';

/** So many services each node has, beside that of the API server. */
export const SIZES = [1, 100, 1000];
export const CALLS = 300;
const TURNS = 5;

/** One way to have so many services, and what each run of it took. */
export interface ServicesTimed {
  runtime: string;
  mode: Mode;
  size: number;
  lines: number;
  programmedMs: number[];
  /** Until a connection was there: of each run, the median of its calls. */
  connectUs: number[];
  perSecond: number[];
}

/** All that was timed on one machine. */
export interface ServicesOn {
  /** Its kernel and its processor, as they call themselves. */
  machine: string;
  timed: ServicesTimed[];
}

export interface ServicesAsked {
  sizes?: readonly number[];
  calls?: number;
}

/**
 * Times services in each mode of kube-proxy on nodes of one machine, some rounds: on this kernel, and, where that has no IPVS, all
 * modes in a virtual machine as well.
 */
export async function timeServices(rounds: number, asked: ServicesAsked = {}): Promise<ServicesOn[]> {
  const others = modes.filter((mode) => mode !== 'ipvs');
  try {
    return [await timeOn('netns', modes, rounds, asked)];
  } catch (error) {
    if (!(error instanceof Error && 'features' in error)) throw error;
    return [await timeOn('vm', modes, rounds, asked), await timeOn('netns', others, rounds, asked)];
  }
}

/** The same on one runtime, with some of the modes. */
export async function timeOn(
  runtime: string,
  of: readonly Mode[],
  rounds: number,
  { sizes = SIZES, calls = CALLS }: ServicesAsked = {},
): Promise<ServicesOn> {
  const { lab, proxies } = servicesLab(of, sizes);
  const all = proxies.map((proxy) => ({ proxy, timed: untimed(runtime, proxy) }));
  let machine = '';
  for (let round = 0; round < rounds; round++) {
    await quiet();
    const planned = plan(lab, 'services');
    const { runtime: nodes } = await start(planned, runtime, {}, () => {});
    try {
      const found = findings();
      if (!(await setUp(planned, nodes, found, () => {}))) throw new Error(JSON.stringify(found.steps.at(-1)));
      machine ||= await machineOf(nodes, proxies[0]!.node);
      await timeRound(nodes, all, calls);
    } finally {
      await nodes[Symbol.asyncDispose]();
    }
  }
  return { machine, timed: all.map(({ timed }) => timed) };
}

const untimed = (runtime: string, { mode, size, lines }: ProxyNode): ServicesTimed => ({
  ...{ runtime, mode, size, lines },
  ...{ programmedMs: [], connectUs: [], perSecond: [] },
});

/** Programs every node, and then has all called in turns: what else a machine does slows all of them alike. */
async function timeRound(nodes: Runtime, all: { proxy: ProxyNode; timed: ServicesTimed }[], calls: number) {
  const typed = async (place: string, script: string) => {
    const { code, stdout, stderr } = await nodes.script(place, script);
    if (code) throw new Error(`${place}: ${script}\n${stdout}${stderr}`);
    return stdout;
  };
  for (const { proxy, timed } of all) timed.programmedMs.push(Number(await typed(proxy.node, programming(proxy.mode))));
  const told = all.map(() => ({ us: [] as number[], seconds: 0 }));
  for (let turn = 0; turn < TURNS; turn++)
    for (const [i, { proxy }] of all.entries()) {
      const said = await typed(proxy.caller, `perl /run/time-calls ${proxy.last} 80 ${calls / TURNS}`);
      told[i]!.us.push(...(/^us (.*)$/m.exec(said)?.[1] ?? '').split(' ').map(Number));
      told[i]!.seconds += Number(/^seconds ([\d.]+)$/m.exec(said)?.[1]);
    }
  for (const [i, { timed }] of all.entries()) {
    timed.connectUs.push(median(told[i]!.us));
    timed.perSecond.push(told[i]!.us.length / told[i]!.seconds);
  }
}

async function machineOf(nodes: Runtime, node: string): Promise<string> {
  const { stdout } = await nodes.script(node, "uname -r; sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1");
  const [kernel, processor = ''] = stdout.trim().split('\n');
  return `Linux ${kernel}, ${processor}${/^QEMU/.test(processor) ? ', emulated (TCG)' : ''}`;
}

import type { Timed } from './command-line.ts';
import type { Topology } from './labs.ts';
import { CALLS, type Killed } from './load-balancers.ts';
import { spread } from './numbers.ts';
import type { Files } from './script.ts';
import { CALLS as SERVICE_CALLS, type ServicesOn } from './services.ts';
import type { Built } from './states.ts';
import {
  commandNotes,
  commandTable,
  killedTable,
  npmAdds,
  sameness,
  servicesTable,
  stateTable,
  stepTable,
  table,
  targets,
} from './tables.ts';

/** Everything that one run of the benchmark measured. */
export interface Measured {
  machine: [string, string][];
  commands?: { timed: Timed[]; rounds: number };
  runtimes?: { timed: Timed[]; rounds: number };
  loadBalancers?: { killed: Killed[]; rounds: number };
  services?: { served: ServicesOn[]; rounds: number };
  states: { built: Built[]; rounds: number };
  /** The plain script for a bridge with two hosts, as an example. */
  example: Files;
}

const heads: Record<Topology, { title: string; of: string; about: string }> = {
  bridge: {
    title: 'Hosts on one bridge',
    of: 'hosts',
    about: 'An address a host, and a cable from each to the bridge.',
  },
  flannel: {
    title: 'Nodes of a flannel cluster in VXLAN mode',
    of: 'nodes',
    about:
      'A pod a node. Every node knows every other by a neighbour, a route and an fdb entry: 29,700 of them at 100 nodes. ' +
      'The lab is made by labs/kit/flannel/, as flannel-vxlan is.',
  },
};

/** The page docs/benchmarks.md. */
export const page = (measured: Measured): string =>
  [
    '# How long it takes',
    '`npm run bench` measured all of this in one run and wrote this page. Times are milliseconds: median (least–most).',
    table(['machine', ''], measured.machine),
    ...commandLine(measured),
    ...onRuntimes(measured),
    ...ofLoadBalancers(measured),
    ...ofServices(measured),
    ...building(measured),
  ]
    .join('\n\n')
    .concat('\n');

function commandLine({ commands }: Measured): string[] {
  if (!commands) return [];
  const { timed, rounds } = commands;
  const npm = spread(timed.find(({ typed }) => typed.startsWith('npm'))?.wallMs ?? []);
  return [
    '## The command line',
    `Medians of ${rounds}. The wall time is that of the whole process; the other columns are what its \`--json\` says, counted from the start of the process.`,
    commandTable(timed),
    ...commandNotes(timed),
    `npm itself adds ${npmAdds(timed)} ms to a command: \`npm run -s lab list\` takes ${npm}. The other rows are without it.`,
    'The drills of `verify` are those that prove a claim: each gives its packet half a second to be lost. Its take-down also closes its captures; `down` ends a lab that has none open.',
  ];
}

function onRuntimes({ runtimes }: Measured): string[] {
  if (!runtimes) return [];
  const { timed, rounds } = runtimes;
  return [
    '## Where the nodes are',
    `Medians of ${rounds}: flannel-vxlan stood up, proven and taken down, all runtimes in turn. Images and, but for the last row, snapshots were there. A drill knows within some 20 ms that its packet is lost.`,
    commandTable(timed),
    ...commandNotes(timed),
    'Virtual machines are emulated here (TCG): a process takes some ten times as long to start as on this machine itself, and a proof starts some two hundred.',
  ];
}

function ofLoadBalancers({ loadBalancers }: Measured): string[] {
  if (!loadBalancers) return [];
  const { killed, rounds } = loadBalancers;
  return [
    '## Load balancers',
    `${CALLS.toLocaleString('en')} connections to the VIP, one after the other, while lb1, which has it, is killed at about the thousandth. Each waits half a second for its answer, and who is refused calls again half a second later. Median (least–most) of ${rounds} runs.`,
    killedTable(killed),
  ];
}

function ofServices({ services }: Measured): string[] {
  if (!services) return [];
  const { served, rounds } = services;
  return [
    '## Services in each mode of kube-proxy',
    `Nodes of one lab, one for each row, each with two pods: one calls the ClusterIP of the last service ${SERVICE_CALLS} times, one connection after the other and all nodes in turns, and the other one is its endpoints. A service has three endpoints. The first packet’s latency is how long connect(2) takes (the median of a run’s calls). To program is to have all lines of the small kube-proxy taken at once, by \`iptables-restore\`, \`nft -f\`, or, for IPVS, \`ip\`, \`ipvsadm\`, \`ipset\` and \`iptables-restore\`, by a node that has none of them. Median (least–most) of ${rounds} runs.`,
    ...served.flatMap((each) => [`${each.machine}:`, servicesTable(each.timed)]),
  ];
}

function building({ states: { built, rounds }, example }: Measured): string[] {
  if (!built.length) return [];
  return [
    '## Building state',
    `Medians of ${rounds}, all builders in turn; before each run the kernel is given the time to free the namespaces of the one before.`,
    [
      '- **packetwalk** is a fresh process that stands a lab up. Set-up is from before its sandbox starts to the end of the last step; the whole process is Node’s start, planning and take-down as well. Every node also gets a host name and files of its own.',
      '- **plain script** is generated from the same plan: the same commands in the same order, with one `ip -batch` a namespace and phase, in a sandbox made by `unshare`, by one `sh`; with `xargs -P2`, two namespaces at a time. Set-up is from before `unshare` to the end of the last command.',
      '- **Mininet** builds `single,N` with LinuxBridge and no controller in a sandbox like that; set-up is `net.start()`, take-down `net.stop()`. It sets no kernel settings, and each of its hosts has a shell. The limits that Mininet raises for the whole machine are left alone.',
    ].join('\n'),
    ...(['bridge', 'flannel'] as const).flatMap((topology) => {
      const some = built.filter((each) => each.topology === topology);
      const { title, of, about } = heads[topology];
      return some.length
        ? [
            `### ${title}`,
            about,
            stateTable(some, of),
            ...(topology === 'bridge' ? targets(some) : []),
            'Where packetwalk’s milliseconds go:',
            stepTable(some, of),
          ]
        : [];
    }),
    '### The same state',
    'What `ip -j addr`, `route` and `neigh`, `bridge -j fdb` and `sysctl` print was compared between packetwalk and both scripts, but for indexes, `operstate`, and MACs that no command states:',
    built
      .flatMap(sameness)
      .map((line) => `- ${line}`)
      .join('\n'),
    '### A plain script',
    'For two hosts on a bridge, with one of its batch files:',
    ...['setup.sh', '2.nodes.host1.0'].map((file) => `\`${file}\`\n\n\`\`\`sh\n${example[file]!.trimEnd()}\n\`\`\``),
  ];
}

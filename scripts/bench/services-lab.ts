import { at, icmp, type Lab, send } from 'packetwalk';
import { serves } from '../../labs/kit/kube-proxy/cluster.ts';
import { iptablesOf, restored } from '../../labs/kit/kube-proxy/iptables.ts';
import { ipvsOf } from '../../labs/kit/kube-proxy/ipvs.ts';
import { nftablesOf, ruleset } from '../../labs/kit/kube-proxy/nftables.ts';
import type { KubeObject } from '../../labs/kit/kube-proxy/objects.ts';
import { clusterCidr, kubernetes, served, service, serviceCidr } from '../../labs/kit/kube-proxy/services.ts';
import { feed, program } from '../../labs/kit/program.ts';

export const modes = ['iptables', 'nftables', 'ipvs'] as const;
export type Mode = (typeof modes)[number];

/** A node whose kube-proxy is of one mode, and which has so many services. */
export interface ProxyNode {
  mode: Mode;
  size: number;
  node: string;
  /** The pod that calls. */
  caller: string;
  /** The ClusterIP of the service that is last in kube-proxy’s order. */
  last: string;
  /** How many lines its tools are given. */
  lines: number;
}

const ENDPOINTS = 3;
/** An argument of a program has at most 128 KiB (execve(2), MAX_ARG_STRLEN), and a line that is typed is one. */
const MOST_CHARACTERS = 100_000;

const addressOf = (n: number) => `10.43.${16 + (n >> 8)}.${n & 255}`;
const targetPort = (n: number) => 10_000 + n;

/** So many services, beside that of the API server, each with three endpoints. */
const servicesOf = (size: number, endpoints: string[], node: string): readonly KubeObject[] =>
  served([
    ...kubernetes,
    ...Array.from({ length: size }, (_, i) =>
      service(
        `service-${String(i + 1).padStart(4, '0')}`,
        { clusterIP: addressOf(i + 1) },
        { port: 80, targetPort: targetPort(i + 1) },
        endpoints.map((address) => ({ address, node })),
      ),
    ).flat(),
  ]);

/** What a kube-proxy in small says, by the file that it is fed from, and the commands that take it. */
interface Written {
  files: Record<string, string[]>;
  taken: string[];
}

const written: Record<Mode, (objects: readonly KubeObject[], node: string, nodeIp: string) => Written> = {
  iptables: (objects, node) => ({
    files: { rules: restored(iptablesOf(objects, { node, clusterCidr })).trimEnd().split('\n') },
    taken: ['iptables-restore --noflush < /run/rules'],
  }),
  nftables: (objects, node, nodeIp) => ({
    files: { table: ruleset(nftablesOf(objects, { node, clusterCidr, serviceCidr, nodeIp })) },
    taken: ['nft -f /run/table'],
  }),
  ipvs: (objects, node, nodeIp) => {
    const { addresses, servers, sets, tables } = ipvsOf(objects, {
      node,
      clusterCidr,
      nodeIp,
      nodeAddresses: [nodeIp],
    });
    return {
      files: {
        addresses: addresses.map((address) => `addr add ${address}/32 dev kube-ipvs0`),
        servers,
        sets,
        rules: restored(tables).trimEnd().split('\n'),
      },
      taken: [
        'ip -batch /run/addresses',
        'ipvsadm --restore < /run/servers',
        'ipset restore < /run/sets',
        'iptables-restore --noflush < /run/rules',
      ],
    };
  },
};

/** Lines that write a file at a node, a piece after the other. */
function pieces(path: string, lines: string[]): string[] {
  const parts: string[][] = [[]];
  let characters = 0;
  for (const line of lines) {
    if (characters + line.length > MOST_CHARACTERS) {
      parts.push([]);
      characters = 0;
    }
    parts.at(-1)!.push(line);
    characters += line.length + 1;
  }
  return parts.map((part) => feed(`cat >> ${path}`, part));
}

/** The line that has a kube-proxy's lines taken, and prints how many milliseconds that took. */
export const programming = (mode: Mode): string => {
  const { taken } = written[mode]([], '', '0.0.0.0');
  return `perl -MTime::HiRes=time -e '
    $began = time; system("sh", "-ec", shift) and exit 1; printf "%.1f\\n", 1000 * (time - $began)' '${taken.join('; ')}'`;
};

/** What is set at a node before its kube-proxy writes anything. */
const prepared: Record<Mode, string[]> = {
  iptables: [],
  nftables: [],
  ipvs: ['ip link add kube-ipvs0 type dummy', 'sysctl -w net.ipv4.vs.conntrack=1'],
};

/** A node, its two pods, and all that is written at it; each node has subnets of its own. */
function proxyOf(mode: Mode, size: number, number: number) {
  const [node, calling, called] = [`${mode}-${size}`, `10.42.${2 * number}`, `10.42.${2 * number + 1}`];
  const endpoints = Array.from({ length: ENDPOINTS }, (_, i) => `${called}.${i + 2}`);
  const { files } = written[mode](servicesOf(size, endpoints, node), node, `${calling}.1`);
  const [caller, server, last] = [`${node}-caller`, `${node}-server`, addressOf(size)];
  const lines = Object.values(files).flat().length;
  return { mode, size, node, caller, server, calling, called, endpoints, files, last, lines };
}

/** Nodes that know nothing of one another, each with a mode and a number of services, a pod that calls, and one that has all endpoints. */
export function servicesLab(of: readonly Mode[], sizes: readonly number[]): { lab: Lab; proxies: ProxyNode[] } {
  const proxies = sizes.flatMap((size, s) => of.map((mode, m) => proxyOf(mode, size, s * of.length + m)));
  const merged = <Of>(one: (proxy: (typeof proxies)[number]) => Record<string, Of>): Record<string, Of> =>
    Object.assign({}, ...proxies.map(one));
  const { caller, called } = proxies[0]!;
  const lab: Lab = {
    title: 'Nodes with few services and many, in each mode of kube-proxy',
    needs: { kernel: of.includes('ipvs') ? ['ip_vs'] : [] },
    nodes: merged(({ node, caller, server }) => ({
      [node]: 'router' as const,
      [caller]: `pod on ${node}` as const,
      [server]: `pod on ${node}` as const,
    })),
    links: proxies.flatMap(({ node, caller, server, calling, called }) => [
      `${caller}:eth0 ${calling}.2/24 -- ${node}:veth0 ${calling}.1/24` as const,
      `${server}:eth0 ${called}.2/24 -- ${node}:veth1 ${called}.1/24` as const,
    ]),
    setup: {
      'Lead from each pod to its node': merged(({ mode, node, caller, server, calling, called, endpoints }) => ({
        [caller]: `ip route add default via ${calling}.1`,
        [server]: [
          `ip route add default via ${called}.1`,
          ...endpoints.slice(1).map((address) => `ip addr add ${address}/24 dev eth0`),
        ],
        [node]: prepared[mode],
      })),
      'Start what the last service stands for, and have somebody call it': merged(({ caller, server, size }) => ({
        [server]: serves('server', targetPort(size)),
        [caller]: program(new URL('./time-calls', import.meta.url), '/run/time-calls'),
      })),
      'Have all lines at hand that a kube-proxy gives to its tools': merged(({ node, files }) => ({
        [node]: Object.entries(files).flatMap(([name, lines]) => pieces(`/run/${name}`, lines)),
      })),
    },
    walks: {
      'One pod pings the other': {
        send: send(caller, `ping -c 1 ${called}.2`),
        request: [at(`${caller}:eth0`, 'It leaves', [icmp({ type: 'echo request' })])],
      },
    },
  };
  return { lab, proxies };
}

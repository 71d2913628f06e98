import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { endTracing, traceEverything } from './netfilter.ts';
import { hookedPlaces, type Plan } from './plan.ts';
import { searchPath } from './runtime/path.ts';

type Manager = 'apt' | 'dnf' | 'pacman' | 'apk';

/** A program that labs use, what for, and the package that has it, by package manager. */
export interface Tool {
  command: string;
  why: string;
  packages: Record<Manager, string>;
  /** The service that its package would have the machine run from now on. */
  service?: string;
}

const same = (name: string) => ({ apt: name, dnf: name, pacman: name, apk: name });

export const tool = (command: string, why: string, packages: Record<Manager, string>): Tool => ({
  command,
  why,
  packages,
});

const iproute = { apt: 'iproute2', dnf: 'iproute', pacman: 'iproute2', apk: 'iproute2' };
const procps = { apt: 'procps', dnf: 'procps-ng', pacman: 'procps-ng', apk: 'procps' };

/** QEMU for virtual machines of this machine's own kind. */
export const qemuPackages = {
  apt: 'qemu-system-x86',
  dnf: 'qemu-system-x86-core',
  pacman: 'qemu-system-x86',
  apk: 'qemu-system-x86_64',
};

/** What every lab needs on the netns runtime. */
export const essential: Tool[] = [
  tool('ip', 'lays cables and reads tables', iproute),
  tool('unshare', 'makes the sandbox', same('util-linux')),
  tool('nsenter', 'enters a standing lab', same('util-linux')),
  tool('perl', 'runs the agent that captures', same('perl')),
  tool('sysctl', 'sets what the kernel must do', procps),
  tool('ping', 'sends the packets', { apt: 'iputils-ping', dnf: 'iputils', pacman: 'iputils', apk: 'iputils-ping' }),
];

const common: Tool[] = [
  tool('bridge', 'reads forwarding tables', iproute),
  tool('ss', 'lists sockets', iproute),
  tool('traceroute', 'names the routers on the way', same('traceroute')),
  tool('ethtool', 'asks a device about itself', same('ethtool')),
  tool('nft', 'traces packets through netfilter', same('nftables')),
  tool('iptables-restore', 'writes netfilter rules', {
    ...same('iptables'),
    dnf: 'iptables-nft',
    pacman: 'iptables-nft',
  }),
  tool('iptables', 'reads and changes netfilter rules', {
    ...same('iptables'),
    dnf: 'iptables-nft',
    pacman: 'iptables-nft',
  }),
  tool('host-local', 'hands out pods’ addresses; the CNI plugins come with it', {
    ...same('containernetworking-plugins'),
    pacman: 'cni-plugins',
    apk: 'cni-plugins',
  }),
  tool('conntrack', 'lists translations', {
    apt: 'conntrack',
    dnf: 'conntrack-tools',
    pacman: 'conntrack-tools',
    apk: 'conntrack-tools',
  }),
];

const daemons: Tool[] = [
  {
    ...tool('etcd', 'keeps what the nodes of a cluster must know', { ...same('etcd'), apt: 'etcd-server' }),
    service: 'etcd',
  },
  tool('etcdctl', 'asks etcd', { ...same('etcd'), apt: 'etcd-client' }),
  { ...tool('bird', 'is a BGP daemon', { ...same('bird'), apt: 'bird2' }), service: 'bird' },
  tool('birdc', 'asks BIRD', { ...same('bird'), apt: 'bird2' }),
  { ...tool('gobgpd', 'is a BGP daemon', { ...same('gobgp'), apt: 'gobgpd' }), service: 'gobgpd' },
  tool('gobgp', 'asks GoBGP', { ...same('gobgp'), apt: 'gobgpd' }),
  tool('socat', 'joins a TUN device to a socket', same('socat')),
  tool('ipset', 'keeps sets of addresses for netfilter', same('ipset')),
  tool('ipvsadm', 'writes IPVS tables', same('ipvsadm')),
  tool('iperf3', 'measures throughput', same('iperf3')),
  tool('arping', 'asks for a MAC address', {
    ...same('iputils-arping'),
    apt: 'iputils-arping',
    dnf: 'iputils',
    pacman: 'iputils',
  }),
];

/** What a lab needs if its commands name it. */
export const optional: Tool[] = [...common, ...daemons];

const elsewhere = { dnf: '', pacman: '', apk: '' };

/** What the project's own tests use besides; what runs on Debian and Ubuntu alone has no package elsewhere. */
export const testing: Tool[] = [
  tool('tshark', 'judges the decoder', { ...same('wireshark-cli'), apt: 'tshark', apk: 'tshark' }),
  tool('setpriv', 'becomes an ordinary user', same('util-linux')),
  tool('qemu-system-x86_64', 'runs virtual machines', qemuPackages),
  tool('dockerd', 'is an engine for the tests alone', { ...elsewhere, apt: 'docker.io' }),
  tool('mmdebstrap', 'builds the base of containers', { ...elsewhere, apt: 'mmdebstrap' }),
  tool('dropbear', 'is the SSH server of a container', { ...same('dropbear'), apt: 'dropbear-bin' }),
  tool('vagrant', 'reads the Vagrantfile', { ...same('vagrant'), apt: 'vagrant vagrant-libvirt' }),
];

// CNI plugins lie apart, where distributions put them.
const folders = [...searchPath.split(':'), '/usr/lib/cni', '/usr/libexec/cni', '/opt/cni/bin'];

/** Where a program is, if it is installed. */
export function find(command: string): string | undefined {
  return folders
    .map((folder) => join(folder, command))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The tools that a lab's own commands name, and those that every lab needs. */
export function toolsOf({ steps, walks, checks, faults }: Plan): Tool[] {
  const text = [
    ...(hookedPlaces(walks).length ? [traceEverything, endTracing] : []),
    ...steps.flatMap(({ commands = [] }) => commands.flatMap(({ lines }) => lines)),
    ...faults.flatMap((fault) => [...fault.break, ...fault.fix].flatMap(({ lines }) => lines)),
    ...walks.map(({ send }) => send.command),
    ...checks.map(({ run }) => run),
  ].join('\n');
  const named = new Set(text.split(/[^\w.-]+/));
  return [...essential, ...optional.filter(({ command }) => named.has(command))];
}

export const missing = (tools: Tool[]): Tool[] => tools.filter(({ command }) => !find(command));

const managers: { manager: Manager; binary: string; install: string }[] = [
  { manager: 'apt', binary: 'apt-get', install: 'apt-get install -y' },
  { manager: 'dnf', binary: 'dnf', install: 'dnf install -y' },
  { manager: 'pacman', binary: 'pacman', install: 'pacman -S --needed --noconfirm' },
  { manager: 'apk', binary: 'apk', install: 'apk add' },
];

/** The one line to type that installs some tools on this machine. */
export function installLine(tools: Tool[]): string {
  const { manager, install } = managers.find(({ binary }) => find(binary)) ?? managers[0]!;
  const packages = [...new Set(tools.map((each) => each.packages[manager]))].filter(Boolean).join(' ');
  return `${process.getuid?.() === 0 ? '' : 'sudo '}${install} ${packages}`;
}

/**
 * Runs the words after it, which install packages, but has the machine neither start nor keep their services: a lab starts
 * daemons of its own. policy-rc.d is where Debian asks whether it may (invoke-rc.d(8)).
 */
const withoutServices = (services: string[]) => `
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > $policy && chmod 755 $policy
fi
"$@" || exit
for service in ${services.join(' ')}; do systemctl disable --quiet $service 2>/dev/null; done
exit 0`;

/** Installs what is missing through apt, as root or with sudo; returns what is missing still. */
export function install(tools: Tool[]): Tool[] {
  const absent = missing(tools);
  if (!absent.length || !find('apt-get')) return absent;
  const root = process.getuid?.() === 0;
  const askable = process.stdin.isTTY && process.stderr.isTTY;
  if (!root && (!find('sudo') || (!askable && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0)))
    return absent;
  process.stderr.write(`Installing what labs use (once): ${absent.map(({ command }) => command).join(', ')} …\n`);
  const packages = [...new Set(absent.flatMap((each) => each.packages.apt.split(' ')))];
  const apt = (stderr: 'ignore' | 2, ...words: string[]) => {
    const services = absent.flatMap(({ service = [] }) => service);
    const line = [
      ...(root ? [] : ['sudo', ...(askable ? [] : ['-n'])]),
      ...['sh', '-c', withoutServices(services), 'sh'],
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
    ];
    return spawnSync(line[0]!, [...line.slice(1), ...words], { stdio: ['inherit', 'ignore', stderr] }).status === 0;
  };
  const wanted = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
  // The list of packages may be missing or old: it is fetched only when it has to be.
  if (!apt('ignore', ...wanted)) apt(2, 'update', '-qq') && apt(2, ...wanted);
  return missing(absent);
}

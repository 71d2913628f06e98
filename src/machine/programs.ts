import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { searchPath } from './path.ts';

export type Manager = 'apt' | 'dnf' | 'pacman' | 'apk';

/** A program that labs use, what for, and the package that has it, by package manager. */
export interface Tool {
  command: string;
  why: string;
  packages: Record<Manager, string>;
  /** The service that its package would have the machine run from now on. */
  service?: string;
  /**
   * Whether a virtual machine has it: `fetched` where this machine lacks it, `if here` where this machine has it, or never, where it
   * needs more than its own file and libraries.
   */
  guest: 'fetched' | 'if here' | 'never';
}

const same = (name: string) => ({ apt: name, dnf: name, pacman: name, apk: name });

export const tool = (
  command: string,
  why: string,
  packages: Record<Manager, string>,
  guest: Tool['guest'] = 'fetched',
): Tool => ({ command, why, packages, guest });

const ifHere = (tools: Tool[]) => tools.map((each): Tool => ({ ...each, guest: 'if here' }));

const iproute = { apt: 'iproute2', dnf: 'iproute', pacman: 'iproute2', apk: 'iproute2' };
const procps = { apt: 'procps', dnf: 'procps-ng', pacman: 'procps-ng', apk: 'procps' };

/** QEMU for virtual machines of this machine's own kind. */
export const qemuPackages = {
  apt: 'qemu-system-x86',
  dnf: 'qemu-system-x86-core',
  pacman: 'qemu-system-x86',
  apk: 'qemu-system-x86_64',
};

/*
 * The table of programs: a row each. Where it stands says how it is used; an image of docker has the packages of those that are
 * essential or optional, a virtual machine what the row says.
 */

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
  tool('dnsmasq', 'is a DNS and DHCP server', { ...same('dnsmasq'), apt: 'dnsmasq-base' }),
  {
    ...tool('nginx', 'is a web server and proxy; here with ModSecurity and its core rules', {
      apt: 'nginx libnginx-mod-http-modsecurity modsecurity-crs',
      dnf: 'nginx nginx-mod-modsecurity mod_security_crs',
      pacman: 'nginx nginx-mod-modsecurity',
      apk: 'nginx',
    }),
    service: 'nginx',
  },
  { ...tool('haproxy', 'is a load balancer', same('haproxy')), service: 'haproxy' },
  {
    ...tool('keepalived', 'has an address move between nodes, by VRRP', same('keepalived')),
    service: 'keepalived',
  },
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

/** What labs of one's own often use besides: known by its name, but not asked for before a lab starts. */
export const frequent: Tool[] = [
  tool('tc', 'shapes traffic', { ...iproute, dnf: 'iproute-tc', apk: 'iproute2-tc' }),
  tool('ip6tables', 'reads and changes netfilter rules for IPv6', {
    ...same('iptables'),
    dnf: 'iptables-nft',
    pacman: 'iptables-nft',
    apk: 'ip6tables',
  }),
  tool('ebtables', 'reads and changes rules of bridges', { ...same('ebtables'), dnf: 'iptables-nft' }),
  ...ifHere([
    tool('curl', 'asks web servers', same('curl')),
    tool('nc', 'sends and receives lines', {
      apt: 'netcat-openbsd',
      dnf: 'nmap-ncat',
      pacman: 'openbsd-netcat',
      apk: 'netcat-openbsd',
    }),
    tool('dig', 'asks DNS servers', { apt: 'bind9-dnsutils', dnf: 'bind-utils', pacman: 'bind', apk: 'bind-tools' }),
    tool('jq', 'reads JSON', same('jq')),
  ]),
  tool('tcpdump', 'prints packets', same('tcpdump')),
  tool('wg', 'sets up WireGuard', same('wireguard-tools')),
  tool('python3', 'runs scripts', { ...same('python3'), pacman: 'python' }, 'never'),
];

const elsewhere = { dnf: '', pacman: '', apk: '' };

/** What the project's own tests use besides; what runs on Debian and Ubuntu alone has no package elsewhere. */
export const testing: Tool[] = [
  tool('tshark', 'judges the decoder', { ...same('wireshark-cli'), apt: 'tshark', apk: 'tshark' }),
  tool('setpriv', 'becomes an ordinary user', same('util-linux')),
  tool('qemu-system-x86_64', 'runs virtual machines', qemuPackages),
  tool('dockerd', 'is an engine for the tests alone', { ...elsewhere, apt: 'docker.io' }),
  tool('mmdebstrap', 'builds the base of containers', { ...elsewhere, apt: 'mmdebstrap' }),
  tool('dropbear', 'is the SSH server of a container', { ...same('dropbear'), apt: 'dropbear-bin' }),
  tool('chromium', 'opens reports', same('chromium')),
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

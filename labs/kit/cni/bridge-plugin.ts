import type { Port } from '../bridge-walks.ts';

/** A pod as its container runtime knows it: its namespace, the id of its container, and its address once it has one. */
export interface Container<Pod extends string = string> {
  pod: Pod;
  id: string;
  address: string;
  /** What the outer end of its veth pair is to be called. */
  veth: string;
}

/** The same as a port of its bridge. */
export const port = <const Node extends string, const Pod extends string>(
  node: Node,
  { pod, veth }: Container<Pod>,
  bridge = 'mybridge',
): Port<Node, Pod> => ({
  inner: `${pod}:eth0`,
  outer: `${node}:${veth}`,
  bridge: `${node}:${bridge}`,
});

const bin = '/opt/cni/bin';
export const configuration = '/etc/cni/net.d/k8s.conf';
export const results = '/var/lib/cni/results';

/**
 * Distributions have the plugins in a folder of their own: Kubernetes’ one gets links to them. On netns a node finds /opt
 * read-only and, without root, can make no folder in /var/lib: where that is so, it gets its own.
 */
export const plugins = `
  test -w /opt || mount -t tmpfs cni /opt
  test -w /var/lib || mount -t tmpfs cni /var/lib
  mkdir -p ${bin} ${results}
  ln -s /usr/lib*/cni/* ${bin}`;

/** A network of the bridge plugin, its addresses handed out by host-local. */
export const network = (name: string, bridge: string, subnet: string, dataDir = '/var/lib/cni/networks') => `
{
  "cniVersion": "0.4.0", "name": "${name}", "type": "bridge", "bridge": "${bridge}", "mtu": 1460,
  "isGateway": true, "ipMasq": true,
  "ipam": {
    "type": "host-local", "subnet": "${subnet}.0.0/16", "gateway": "${subnet}.0.1",
    "routes": [{ "dst": "0.0.0.0/0" }], "dataDir": "${dataDir}"
  }
}`;

/** Writes the configuration of a network, given line by line. */
export const configure = (json: string, path = configuration) => `
  mkdir -p ${path.slice(0, path.lastIndexOf('/'))}
  printf '%s\\n' ${json
    .trim()
    .split('\n')
    .map((line) => `'${line}'`)
    .join(' ')} > ${path}`;

/** How a runtime calls a plugin: the operation in its environment, the network on its standard input. */
export const call = (operation: 'ADD' | 'CHECK' | 'DEL', { pod, id }: Pick<Container, 'pod' | 'id'>) =>
  `CNI_COMMAND=${operation} CNI_CONTAINERID=${id} CNI_NETNS=/run/netns/${pod} CNI_IFNAME=eth0 CNI_PATH=${bin} ${bin}/bridge`;

export const version = `CNI_COMMAND=VERSION CNI_PATH=${bin} ${bin}/bridge`;

/** ADD; what is answered, the runtime keeps. */
export const add = (container: Container) => `${call('ADD', container)} < ${configuration} > ${results}/${container.pod}`;

/** DEL; the runtime forgets what it kept. */
export const del = (container: Container) => `${call('DEL', container)} < ${configuration}\nrm ${results}/${container.pod}`;

/** Gives an outer veth, whose name is random, a name that can be stated, and tells the runtime. */
export const rename = ({ pod, veth }: Container) =>
  [
    `random=$(grep -o 'veth[0-9a-f]*' ${results}/${pod})`,
    'ip link set $random down',
    `ip link set $random name ${veth}`,
    `ip link set ${veth} up`,
    `sed -i s/$random/${veth}/ ${results}/${pod}`,
  ].join(' && ');

/** ADD with the address after `previous`; host-local, which goes on from the last one, is told that it was this, and then of `last`. */
export const addAfter = (previous: string, container: Container, last: string) => {
  const reserved = (address: string) => `printf ${address} > /var/lib/cni/networks/rkt.kubernetes.io/last_reserved_ip.0`;
  return [reserved(previous), add(container), rename(container), reserved(last)].join('\n');
};

/** The configuration together with what ADD answered: what CHECK compares a pod with. */
export const withResult = (pod: string) => `(sed '$d' ${configuration}; echo ', "prevResult":'; cat ${results}/${pod}; echo '}')`;

const visitor = { pod: 'visitor', id: 'visitor' };

/** A pod comes, goes, goes once more, and comes again, in a network of its own whose files are elsewhere. */
export const comeAndGo = (json: string) => `
  set -e
  trap 'ip link del scratch0; ip netns del visitor; rm -r /run/scratch' EXIT
  ip netns add visitor
  ${configure(json, '/run/scratch/conf').trim()}
  left() {
    echo "$1: files" $(ls /run/scratch/data/scratch), ports $(ip -o link show master scratch0 | wc -l), \
      rules $(iptables -t nat -S | grep -c visitor), in the pod $(ip -n visitor -br link | wc -l)
  }
  ${call('ADD', visitor)} < /run/scratch/conf > /run/scratch/result
  left 'after ADD'
  ${call('DEL', visitor)} < /run/scratch/conf
  left 'after DEL'
  ${call('DEL', visitor)} < /run/scratch/conf && echo 'DEL again is no error'
  ip -o -4 addr show scratch0
  ${call('ADD', visitor)} < /run/scratch/conf > /run/scratch/result
  left 'after another ADD'
  ${call('DEL', visitor)} < /run/scratch/conf`;

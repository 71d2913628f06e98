import { type Commands, daemon, until } from 'packetwalk';
import { feed } from './program.ts';

/** An address that two nodes or more have in turn, by VRRP (RFC 5798). The node with the highest priority that is healthy holds it. */
export interface VirtualRouter<Node extends string> {
  /** Its number on the segment. */
  vrid: number;
  /** The address and its prefix length: `192.168.205.100/24`. */
  vip: `${string}/${number}`;
  /** The interface by which VRRP is spoken, and which gets the address. */
  device: string;
  nodes: Record<Node, { address: string; priority: number }>;
  /** A command that succeeds as long as a node may hold the address. */
  healthy: string;
  /** Blocks of keepalived.conf(5) besides, as those of virtual servers. */
  besides?: readonly string[];
}

type Peer = VirtualRouter<string>['nodes'][string];

/** keepalived takes its groups anew before it starts a script (setgroups(2)): in an ordinary user's sandbox it is told that it has. */
export const takesGroups = 'setgroups';

/** Seconds between two advertisements: who hears none for three of them, and a little longer, takes over. */
export const advertS = 0.5;

const numberOf = (address: string) => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);

const isWithin = (address: string, [network = '', length = '']: string[]) => {
  const size = 2 ** (32 - Number(length));
  return Math.floor(numberOf(address) / size) === Math.floor(numberOf(network) / size);
};

function problemsOf({ vrid, vip, nodes }: VirtualRouter<string>): string[] {
  const [all, address] = [Object.entries<Peer>(nodes), vip.split('/')[0]];
  const isWhole = (n: number, most: number) => Number.isInteger(n) && n >= 1 && n <= most;
  return [
    ...(isWhole(vrid, 255) ? [] : [`virtual router ${vrid}: its number must be 1 to 255`]),
    ...(all.length > 1 ? [] : [`virtual router ${vrid} has one node: nobody takes over from it`]),
    ...all.flatMap(([name, { address: own, priority }], i) => [
      ...(isWhole(priority, 254) ? [] : [`${name} has the priority ${priority}: it must be 1 to 254`]),
      ...(own === address ? [`${vip} is ${name}’s own address: a virtual one must be nobody’s`] : []),
      ...(isWithin(own, vip.split('/')) ? [] : [`${vip} is not in the subnet of ${name}, ${own}`]),
      ...all
        .slice(0, i)
        .filter(([, other]) => other.priority === priority)
        .map(([other]) => `${other} and ${name} both have the priority ${priority}`),
    ]),
  ];
}

/** Virtual routers of one segment, as they are. Throws in a sentence for each that cannot be: also where two have one number or address. */
export function onSegment<const Routers extends readonly VirtualRouter<string>[]>(...routers: Routers): Routers {
  const twice = routers.flatMap((each, i) =>
    routers
      .slice(0, i)
      .flatMap((other) => [
        ...(other.vrid === each.vrid ? [`${other.vip} and ${each.vip} both are of virtual router ${each.vrid}, on one segment`] : []),
        ...(other.vip === each.vip ? [`virtual routers ${other.vrid} and ${each.vrid} both have ${each.vip}`] : []),
      ]),
  );
  const problems = [...routers.flatMap(problemsOf), ...twice];
  if (problems.length) throw new Error(problems.join('; '));
  return routers;
}

/**
 * keepalived.conf(5) of a node. /run/duty is a number that is added to its priority; /run/healthy is asked each second, and who says
 * no gives the address up at once; on a busy machine it may take its time to say so. One gratuitous ARP is sent where the address
 * arrives, for one tells as much as five, and none besides where who had it before says once more that it is there; after it,
 * /run/notify is told that the node is MASTER.
 */
const keepalivedConf = <Node extends string>(router: VirtualRouter<Node>, node: Node): string[] => [
  'global_defs {',
  `  router_id ${node}`,
  '  vrrp_version 3',
  '  vrrp_garp_master_repeat 1',
  '  vrrp_garp_master_delay 0',
  '  vrrp_garp_lower_prio_repeat 0',
  '  enable_script_security',
  '  script_user root',
  '}',
  'track_file duty {',
  '  file /run/duty',
  '  weight 1',
  '  init_file 0',
  '}',
  'vrrp_script healthy {',
  '  script /run/healthy',
  '  interval 1',
  '  timeout 10',
  '  fall 1',
  '  rise 1',
  '}',
  'vrrp_instance vip {',
  '  state BACKUP',
  `  interface ${router.device}`,
  `  virtual_router_id ${router.vrid}`,
  `  priority ${router.nodes[node].priority}`,
  `  advert_int ${advertS}`,
  `  virtual_ipaddress { ${router.vip} }`,
  '  track_file { duty }',
  '  track_script { healthy }',
  '  notify /run/notify',
  '}',
  ...(router.besides ?? []),
];

/** Where keepalived’s configuration is at its node. */
const conf = '/run/keepalived.conf';

/** Lines: a node’s configuration, which keepalived itself has looked through, what it asks to know whether its node is healthy, and what it tells. */
export const configuration = <Node extends string>(router: VirtualRouter<Node>, node: Node) => [
  feed('cat > /run/healthy', ['#!/bin/sh', router.healthy]),
  feed('cat > /run/notify', ['#!/bin/sh', 'echo "$3" > /run/vrrp.state']),
  'chmod 700 /run/healthy /run/notify',
  feed(`cat > ${conf}`, keepalivedConf(router, node)),
  // An ordinary user's sandbox has a / that is nobody's there: with script security on, no script is safe; without, code 6 says so.
  `test -O / || sed -i /enable_script_security/d ${conf}`,
  `keepalived --config-test --use-file ${conf} || { test $? = 6 && ! test -O /; }`,
];

/** keepalived in the foreground, with VRRP alone or, where it has virtual servers, with IPVS, too. */
export const keepalived = (router: VirtualRouter<string>) =>
  daemon(
    'keepalived',
    `keepalived --dont-fork --log-console --log-detail${router.besides ? '' : ' --vrrp'} --use-file ${conf} \
      --pid /run/keepalived.parent --vrrp_pid /run/keepalived.vrrp --checkers_pid /run/keepalived.checkers`,
    { 'it takes part in VRRP': 'grep -q "Entering BACKUP STATE" /run/keepalived.log' },
  );

const has = ({ vip, device }: VirtualRouter<string>) => `ip -4 -o address show dev ${device} | grep -qF ' ${vip} '`;

/** A command that succeeds while its node has the address and everybody was told so: keepalived says that it is MASTER after its gratuitous ARP. */
export const holds = (router: VirtualRouter<string>) => `{ grep -qx MASTER /run/vrrp.state && ${has(router)}; }`;

/** A line: it goes on once its node has the address, and everybody was told so. */
export const takesOver = (router: VirtualRouter<string>) => until(`it has ${router.vip}, and has told everybody`, holds(router), '30 s');

/** A line: it goes on once another node has the address, so that keepalived begins by hearing it. */
export const anotherHas = ({ vip }: VirtualRouter<string>) =>
  until(`another node has ${vip}`, `ping -n -c 1 -W 1 ${vip.split('/')[0]} | grep -q ' 1 received'`, '30 s');

/** A line: it goes on once its node no longer has the address. */
export const givesUp = (router: VirtualRouter<string>) => until(`it has ${router.vip} no longer`, `! ${has(router)}`, '30 s');

/** The node that holds the address when all are well. */
const holderOf = <Node extends string>({ nodes }: VirtualRouter<Node>) =>
  (Object.keys(nodes) as Node[]).reduce((best, name) => (nodes[name].priority > nodes[best].priority ? name : best));

/** Steps: keepalived on each node. The others start once the one with the highest priority has the address: so they hear it, and wait. */
export function keepalivedOn<Node extends string>(router: VirtualRouter<Node>): Record<string, Commands<Node>> {
  const holder = holderOf(router);
  const names = Object.keys(router.nodes) as Node[];
  const each = (nodes: Node[], lines: (node: Node) => Commands<Node>[Node]) =>
    Object.fromEntries(nodes.map((node) => [node, lines(node)])) as Commands<Node>;
  return {
    'Write keepalived’s configuration, and what it asks to know whether its node is healthy': each(names, (node) => configuration(router, node)),
    'Start keepalived where the priority is highest: it takes the address': each([holder], () => [keepalived(router), takesOver(router)]),
    'Start keepalived beside it: it hears who has the address, and waits': each(
      names.filter((node) => node !== holder),
      () => keepalived(router),
    ),
  };
}

import type { KernelDrop } from '../runtime/runtime.ts';

interface Meaning {
  /** What it means, as the end of a sentence. */
  means: string;
  /** The entries of the table of causes that it confirms. */
  confirms: string[];
}

/** Why a neighbour does not answer, as the table of causes has it. */
const neighbours = [
  'neighbour unanswered',
  'address that nobody has',
  'ARP off',
  'arp_ignore',
  'arp_filter',
  'proxy ARP off',
  'proxy ARP without a route',
  'proxy ARP without forwarding',
  'neighbour on another segment',
];

/** What the kernel's reasons mean (enum skb_drop_reason, include/net/dropreason-core.h), as far as they are of a lost packet. */
export const dropReasons: Record<string, Meaning> = {
  NO_SOCKET: {
    means: 'no socket takes it',
    confirms: [
      'no socket',
      'tunnel device missing',
      'tunnel device down',
      'tunnel port differs',
      'answer not translated back',
    ],
  },
  SOCKET_FILTER: { means: 'a filter on the socket refused it', confirms: [] },
  SOCKET_RCVBUFF: { means: 'the socket’s buffer is full', confirms: ['receive buffer full'] },
  PKT_TOO_SMALL: { means: 'it is shorter than its headers say', confirms: [] },
  TCP_MD5NOTFOUND: { means: 'it lacks the TCP MD5 signature that the socket asks for', confirms: [] },
  TCP_MD5UNEXPECTED: { means: 'it has a TCP MD5 signature, and the socket asks for none', confirms: [] },
  TCP_MD5FAILURE: { means: 'its TCP MD5 signature is wrong', confirms: [] },
  TCP_CSUM: { means: 'its TCP checksum is wrong', confirms: ['wrong checksum'] },
  UDP_CSUM: { means: 'its UDP checksum is wrong', confirms: ['wrong checksum'] },
  ICMP_CSUM: { means: 'its ICMP checksum is wrong', confirms: ['wrong checksum'] },
  IP_CSUM: { means: 'its IP checksum is wrong', confirms: ['wrong checksum'] },
  NETFILTER_DROP: {
    means: 'a rule or policy of netfilter dropped it',
    confirms: [
      'firewall policy',
      'firewall rule',
      'conntrack state invalid',
      'bridge firewall',
      'ARP filtered',
      'no real server',
    ],
  },
  OTHERHOST: {
    means: 'its MAC address is another host’s',
    confirms: ['VTEP MAC differs', 'wrong forwarding entry', 'port off the bridge', 'VLAN tag'],
  },
  IP_INHDR: { means: 'its IP header is invalid', confirms: ['TTL spent', 'hop limit spent', 'bad IP header'] },
  IP_RPFILTER: { means: 'the reverse path filter dropped it', confirms: ['reverse path filter'] },
  UNICAST_IN_L2_MULTICAST: { means: 'it came to a broadcast MAC, and its IP address is none', confirms: [] },
  XFRM_POLICY: { means: 'an IPsec policy refuses it', confirms: ['IPsec policy'] },
  IP_NOPROTO: { means: 'nobody takes its protocol', confirms: ['no socket'] },
  IP_OUTNOROUTES: {
    means: 'there is no route out',
    confirms: ['no route', 'no IPv6 route', 'VRF differs', 'no route for the tunnel'],
  },
  IP_INNOROUTES: {
    means: 'there is no route for what came in',
    confirms: ['no route', 'no IPv6 route', 'VRF differs', 'forwarding off', 'unreachable route', 'prohibit route'],
  },
  IP_INADDRERRORS: {
    means: 'its destination is not one that is forwarded',
    confirms: ['forwarding off', 'IPv6 forwarding off'],
  },
  IP_LOCAL_SOURCE: { means: 'its source is one of the host’s own addresses', confirms: ['martian source'] },
  IP_INVALID_SOURCE: { means: 'its source cannot be', confirms: ['martian source'] },
  IP_LOCALNET: { means: 'it has a loopback address', confirms: ['martian source'] },
  IP_INVALID_DEST: { means: 'its destination cannot be', confirms: [] },
  IPV6DISABLED: { means: 'IPv6 is switched off there', confirms: ['IPv6 off', 'address missing'] },
  PKT_TOO_BIG: { means: 'it is bigger than the MTU', confirms: ['MTU too small', 'path MTU remembered'] },
  NEIGH_CREATEFAIL: { means: 'no neighbour entry could be made', confirms: ['neighbour table full'] },
  NEIGH_FAILED: { means: 'the neighbour did not answer', confirms: [...neighbours] },
  NEIGH_QUEUEFULL: { means: 'too many packets wait for the neighbour', confirms: [...neighbours] },
  NEIGH_DEAD: { means: 'the neighbour entry is gone', confirms: [...neighbours] },
  TC_EGRESS: { means: 'a tc filter at egress dropped it', confirms: ['tc filter'] },
  TC_INGRESS: { means: 'a tc filter at ingress dropped it', confirms: ['tc filter'] },
  XDP: { means: 'an XDP program dropped it', confirms: ['XDP program'] },
  QDISC_DROP: { means: 'the queueing discipline dropped it', confirms: ['queue drops'] },
  QDISC_OVERLIMIT: { means: 'the queue is over its limit', confirms: ['queue drops'] },
  CPU_BACKLOG: { means: 'the CPU’s queue is full', confirms: ['receive backlog full'] },
  DEV_READY: { means: 'the interface is not up', confirms: ['interface down', 'carrier down', 'tunnel device down'] },
  FULL_RING: { means: 'the interface’s ring is full', confirms: [] },
  VXLAN_INVALID_HDR: { means: 'its VXLAN header is invalid', confirms: [] },
  VXLAN_VNI_NOT_FOUND: { means: 'no VXLAN device has its VNI', confirms: ['tunnel id differs'] },
  MAC_INVALID_SOURCE: { means: 'its source MAC cannot be', confirms: [] },
  LOCAL_MAC: { means: 'its source MAC is the receiver’s own', confirms: ['equal MACs'] },
  NO_TX_TARGET: {
    means: 'nothing says where to send it',
    confirms: ['VTEP unknown', 'no forwarding entry', 'port off the bridge'],
  },
  IP_TUNNEL_ECN: { means: 'its ECN bits do not fit the tunnel’s', confirms: [] },
  BRIDGE_INGRESS_STP_STATE: {
    means: 'the bridge’s port does not forward',
    confirms: ['bridge port blocking', 'bridge port down', 'bridge port without carrier'],
  },
  ARP_PVLAN_DISABLE: { means: 'the bridge’s port suppresses ARP between private VLANs', confirms: [] },
  UNHANDLED_PROTO: { means: 'nobody takes its EtherType', confirms: [] },
  RECURSION_LIMIT: { means: 'it went through too many devices of one host', confirms: ['routing loop'] },
};

/** What a kernel said of a packet that it dropped: the function alone where it gives no reason. */
export const dropText = ({ reason, location }: Pick<KernelDrop, 'reason' | 'location'>): string =>
  dropReasons[reason]
    ? `SKB_DROP_REASON_${reason} in ${location}: ${dropReasons[reason].means}`
    : `${reason === 'NOT_SPECIFIED' ? 'it gives no reason' : reason}, in ${location}`;

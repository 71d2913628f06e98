import { at, corrects, dns, ip, send, through, udp } from 'packetwalk';
import type { Hops } from '../kube-proxy/cluster.ts';
import { chainOf, endpointChain } from '../kube-proxy/names.ts';
import { fromPodC, intoBridge, known, natted, toPodC, unmarked } from '../kube-proxy/walks.ts';
import { called } from '../processes.ts';
import { kubeDns } from './steps.ts';

const [A, C] = ['10.42.0.65', '10.42.1.6'];
const nginx = '10.43.6.58';

const chains = (service: string, protocol: string, endpoint: string) =>
  `${chainOf('SVC', service, protocol)} > ${endpointChain(service, protocol, endpoint)}: dnat to ${endpoint}`;

/** A call of a port by name: the resolver of the C library asks for its address, and then it is called (Perl’s core has both). */
export const callByName = (name: string, port: number) =>
  `perl -MSocket -e 'alarm 5; $at = gethostbyname "${name}" or die "${name} has no address\\n"; \\
    socket $call, PF_INET, SOCK_STREAM, 0; connect $call, sockaddr_in(${port}, $at) or die "$!\\n"; print <$call>'`;

type Question = Parameters<typeof dns>[0];

const asked = (dst: string, qname: string, ttl = 64) => [ip({ src: A, dst, ttl }), udp({ dst: 53 }), dns({ qr: 'query', qname, qtype: 'A' })];

const told = (src: string, answer: Question, ttl: number) => [ip({ src, dst: A, ttl }), udp({ src: 53 }), dns({ qr: 'response', ...answer })];

/** podA asks kube-dns, whose server is podC. */
const asks = (qname: string): Hops => [
  ...intoBridge('podA', asked(kubeDns, qname)),
  ...natted('master', chains('kube-system/kube-dns:dns', 'udp', `${C}:53`), 'kube-dns is a service as any other: by UDP, too'),
  at('master:cni0', 'So to the bridge’s node it is for the server', asked(C, qname)),
  ...unmarked('master'),
  ...toPodC('master', (ttl) => asked(C, qname, ttl), 63),
];

const hears = (answer: Question): Hops => [
  ...fromPodC('master', (ttl) => told(C, answer, ttl)),
  ...known('master'),
  at('master:cni0', 'Conntrack has turned it back: kube-dns answers', told(kubeDns, answer, 62)),
  at('master:vethA', 'Bridged to the pod’s port', told(kubeDns, answer, 62)),
  at('podA:eth0', 'podA has heard of no server', told(kubeDns, answer, 62)),
];

const full = (name: string) => `${name}.default.svc.cluster.local`;

const toPod: Hops = [
  at('podA:eth0', 'The name has a pod’s own address', called(A, C, 80)),
  at('master:vethA', 'Into the bridge', called(A, C, 80)),
  through('master', 'nat PREROUTING > KUBE-SERVICES: policy accept', 'That is no service’s address: no rule knows the headless service'),
  at('master:cni0', 'For the gateway', called(A, C, 80)),
  ...unmarked('master'),
  ...toPodC('master', (ttl) => called(A, C, 80, ttl), 63),
];

const toService: Hops = [
  ...intoBridge('podA', called(A, nginx, 8080)),
  ...natted('master', chains('default/nginx-test', 'tcp', `${C}:80`), 'The ClusterIP becomes the pod’s address, port 8080 its targetPort 80'),
  at('master:cni0', 'So to the bridge’s node it is for the endpoint', called(A, C, 80)),
  ...unmarked('master'),
  ...toPodC('master', (ttl) => called(A, C, 80, ttl), 63),
];

/** First a name, then who has it. */
export const byName = {
  'podA calls web-0.nginx-headless: its name leads to the pod itself': {
    claims: [
      corrects(
        'SH-01',
        'The first part is the pod’s hostname, which a StatefulSet makes its name, and which the EndpointSlice has. A pod without one is among the addresses of its service, and has no name of its own.',
      ),
    ] as const,
    send: send('podA', callByName('web-0.nginx-headless', 80)),
    request: asks(full('web-0.nginx-headless')),
    reply: hears({ qname: full('web-0.nginx-headless'), rcode: 'NOERROR', addresses: C }),
    later: { 'podA calls the address that it was told': toPod },
  },
  'podA calls nginx-test: its name leads to the ClusterIP': {
    claims: ['SC-09'] as const,
    send: send('podA', callByName('nginx-test', 8080)),
    request: asks(full('nginx-test')),
    reply: hears({ qname: full('nginx-test'), rcode: 'NOERROR', addresses: nginx }),
    later: { 'podA calls the address that it was told': toService },
  },
  'podA asks for a name that no service has': {
    send: send('podA', callByName('nobody', 80)),
    request: asks(full('nobody')),
    reply: hears({ qname: full('nobody'), rcode: 'NXDOMAIN' }),
  },
};

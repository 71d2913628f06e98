import lab from '../../labs/lb-lvs-keepalived.ts';
import type { Lab } from '../../src/lab/words.ts';
import { ended } from './ended.ts';
import { noneInVainOnVm } from './in-vain-on-vm.ts';

const [byNat, byDr, byTunnel, tells, takes] = [
  'client calls port 80 of the VIP: by NAT, and the answer passes lb1',
  'client calls port 81 of the VIP: by direct routing, and the answer bypasses lb1',
  'client calls port 82 of the VIP: by a tunnel, to a real server beyond the router',
  'lb1 tells lb2 twice a second that it has the VIP',
  'lb2 has a higher priority for a moment, takes over, and tells everybody by ARP',
];
const [written, where, sees, noProcess, cutOff] = [
  'keepalived has written each virtual server into IPVS, with its real servers, on both directors',
  'The VIP is at lb1, and at lb2 not',
  'By each of the three ways a real server sees the client itself',
  'No process listens at the VIP’s ports on a director',
  'dr1 is cut off: the health check takes it out, dr2 has all calls, and it is put back once it answers',
];

/** A process that listens at a TCP port. */
const listens = (port: number) =>
  `perl -MSocket -e 'socket S, PF_INET, SOCK_STREAM, 0; bind S, sockaddr_in(${port}, INADDR_ANY) or die; listen S, 1; open P, q(>), q(/run/listens.pid); fork and exit; print P $$; close $_ for P, *STDIN, *STDOUT, *STDERR; sleep 600'`;

noneInVainOnVm('lb-lvs-keepalived', lab as Lab, [
  [
    'lb1',
    'ipvsadm -d -t 192.168.205.100:80 -r 192.168.205.21:8000',
    'ipvsadm -a -t 192.168.205.100:80 -r 192.168.205.21:8000 -m -w 1',
    [byNat, sees],
  ],
  [
    'lb1',
    'ipvsadm -e -t 192.168.205.100:82 -r 192.168.206.41:82 -g -w 1',
    'ipvsadm -e -t 192.168.205.100:82 -r 192.168.206.41:82 -i -w 1',
    [written, byTunnel],
  ],
  ['dr2', 'ip addr del 192.168.205.100/32 dev lo', 'ip addr add 192.168.205.100/32 dev lo', [sees, cutOff]],
  [
    'gw',
    'iptables -I FORWARD -s 192.168.205.100 -p tcp --sport 81 -j DROP',
    'iptables -D FORWARD -s 192.168.205.100 -p tcp --sport 81 -j DROP',
    [byDr, sees],
  ],
  ['lb2', 'ip addr add 192.168.205.100/24 dev eth0', 'ip addr del 192.168.205.100/24 dev eth0', [where]],
  ['lb1', listens(83), 'kill $(cat /run/listens.pid)', [noProcess]],
  ['lb2', 'ip link set eth0 down', '', [takes, tells]],
  ...['nat1', 'dr1', 'dr2', 'tun1'].map((name): [string, string, string, string[]] => [
    name,
    ended(name),
    '',
    [`${name} still runs`],
  ]),
  ['lb1', ended('keepalived'), '', ['keepalived still runs']],
]);

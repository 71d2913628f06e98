import { expect } from 'chai';
import { onSegment, type VirtualRouter } from '../../labs/kit/keepalived.ts';
import haproxyLab from '../../labs/lb-haproxy-keepalived.ts';
import nginxLab from '../../labs/lb-nginx-keepalived.ts';
import type { Lab } from '../../src/lab/words.ts';
import { ended } from './ended.ts';
import { noneInVain } from './in-vain.ts';

const router: VirtualRouter<string> = {
  vrid: 51,
  vip: '10.0.0.100/24',
  device: 'eth0',
  nodes: { a: { address: '10.0.0.1', priority: 110 }, b: { address: '10.0.0.2', priority: 100 } },
  healthy: 'true',
};

describe('Virtual routers of one segment', () => {
  const refused = (...routers: Partial<VirtualRouter<string>>[]) => {
    try {
      onSegment(...routers.map((each) => ({ ...router, ...each })));
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing';
  };
  const nodes = (address: string, priority: number) => ({
    nodes: { a: { address: '10.0.0.1', priority: 110 }, b: { address, priority } },
  });

  it('are as they are where each has its own number and address', () => {
    expect(refused({}, { vrid: 52, vip: '10.0.0.101/24' })).to.equal('nothing');
  });

  it('are refused where two have one number, or one address', () => {
    expect(refused({}, { vip: '10.0.0.101/24' })).to.equal(
      '10.0.0.100/24 and 10.0.0.101/24 both are of virtual router 51, on one segment',
    );
    expect(refused({}, { vrid: 52 })).to.equal('virtual routers 51 and 52 both have 10.0.0.100/24');
  });

  it('are refused where VRRP has no such number or priority', () => {
    expect(refused({ vrid: 256 })).to.equal('virtual router 256: its number must be 1 to 255');
    expect(refused(nodes('10.0.0.2', 255))).to.equal('b has the priority 255: it must be 1 to 254');
  });

  it('are refused where nobody could take over, or both would', () => {
    expect(refused({ nodes: { a: { address: '10.0.0.1', priority: 110 } } })).to.equal(
      'virtual router 51 has one node: nobody takes over from it',
    );
    expect(refused(nodes('10.0.0.2', 110))).to.equal('a and b both have the priority 110');
  });

  it('are refused where the address is a node’s own, or of another subnet', () => {
    expect(refused(nodes('10.0.0.100', 100))).to.equal(
      '10.0.0.100/24 is b’s own address: a virtual one must be nobody’s',
    );
    expect(refused(nodes('10.0.1.2', 100))).to.equal('10.0.0.100/24 is not in the subnet of b, 10.0.1.2');
  });
});

const [byNginx, byHaproxy, tells, takes] = [
  'client asks the VIP, and nginx on lb1 asks a node',
  'client asks the VIP, and haproxy on lb1 asks a node',
  'lb1 tells lb2 twice a second that it has the VIP',
  'lb2 has a higher priority for a moment, takes over, and tells everybody by ARP',
] as const;
const [where, fifty, balancerCut, nodeCut] = [
  'The VIP is at lb1, and at lb1 alone',
  'Of a hundred calls either node gets fifty',
  'lb1 is cut off: calls are lost until lb2 has the VIP, then all are answered; and lb1 gets it back',
  'node1 is cut off: its calls go to node2, and none is lost',
] as const;

/** What must be noticed whichever proxy it is. */
const ofBoth = (proxy: string, calls: string): [string, string, string[]][] => [
  ['lb1', ended(proxy), [`${proxy} still runs`, calls]],
  ['lb1', ended('keepalived'), ['keepalived still runs']],
  ['lb2', 'ip address add 192.168.205.100/24 dev eth0', [where]],
  ['lb1', 'echo 5 > /run/duty\nuntil grep -q "from 200 to 205" /run/keepalived.log; do sleep 0.02; done', [tells]],
  ['client', 'ip link set eth0 down', [takes]],
  ...['podC', 'podD'].map((name): [string, string, string[]] => [name, ended(name), [`${name} still runs`]]),
];

/** nginx’s file read otherwise, and its worker from before is gone. */
const reloaded = (edit: string) =>
  `${edit}\nold=$(pgrep -P $(cat /run/nginx.master))\nnginx -c /run/nginx.conf -s reload && tail --pid=$old -f /dev/null`;

noneInVain('lb-nginx-keepalived', nginxLab as Lab, [
  ['lb1', reloaded('sed -i s/192.168.205.5:32506/192.168.205.3:32506/ /run/nginx.conf'), [fifty, nodeCut]],
  ['lb2', reloaded('sed -i s/:32506/:9/ /run/nginx.conf'), [balancerCut]],
  ...ofBoth('nginx', byNginx),
]);

/** A server of haproxy’s is in maintenance: it gets no calls, and is not checked. */
const inMaintenance = (...servers: string[]) =>
  servers.map((name) => `echo 'disable server nginx-test/${name}' | socat - /run/haproxy.sock`).join('\n');

noneInVain('lb-haproxy-keepalived', haproxyLab as Lab, [
  ['lb1', inMaintenance('node2'), [fifty, nodeCut, 'haproxy leads to the nodes that answer, and to master no more']],
  ['lb2', inMaintenance('node1', 'node2'), [balancerCut]],
  ...ofBoth('haproxy', byHaproxy),
]);

import type { Hop } from 'packetwalk';
import { onSegment } from '../keepalived.ts';

export const client = '192.0.2.50';
export const gateway = '192.168.205.1';
export const vip = '192.168.205.100';

export const directors = {
  lb1: { address: '192.168.205.11', priority: 200 },
  lb2: { address: '192.168.205.12', priority: 100 },
} as const;

/** The real servers, each named by how calls reach it: the port of the VIP, and its own address and port. */
export const servers = {
  nat1: { method: 'NAT', virtualPort: 80, address: '192.168.205.21', port: 8000 },
  dr1: { method: 'DR', virtualPort: 81, address: '192.168.205.31', port: 81 },
  dr2: { method: 'DR', virtualPort: 81, address: '192.168.205.32', port: 81 },
  tun1: { method: 'TUN', virtualPort: 82, address: '192.168.206.41', port: 82 },
} as const;
export type Server = keyof typeof servers;
export type Method = (typeof servers)[Server]['method'];

export const nodes = {
  client: 'host',
  gw: 'router',
  lan: 'switch',
  lb1: 'host',
  lb2: 'host',
  nat1: 'host',
  dr1: 'host',
  dr2: 'host',
  tun1: 'host',
} as const;
export type Place = Exclude<keyof typeof nodes, 'lan'>;
export type Hops = Hop<Place>[];

export const links = [
  `client:eth0 ${client}/24 -- gw:eth0 192.0.2.1/24`,
  `gw:eth1 ${gateway}/24 -- lan`,
  `lb1:eth0 ${directors.lb1.address}/24 -- lan`,
  `lb2:eth0 ${directors.lb2.address}/24 -- lan`,
  `nat1:eth0 ${servers.nat1.address}/24 -- lan`,
  `dr1:eth0 ${servers.dr1.address}/24 -- lan`,
  `dr2:eth0 ${servers.dr2.address}/24 -- lan`,
  `gw:eth2 192.168.206.1/24 -- tun1:eth0 ${servers.tun1.address}/24`,
] as const;

/** keepalived.conf(5) of a virtual server, and of the real servers behind it: each is called once a second, and taken out if it does not answer. */
const virtualServer = (method: Method) => {
  const behind = Object.values(servers).filter((server) => server.method === method);
  return [
    `virtual_server ${vip} ${behind[0]?.virtualPort} {`,
    '  delay_loop 1',
    '  lvs_sched rr',
    `  lvs_method ${method}`,
    '  protocol TCP',
    ...behind.flatMap(({ address, port }) => [
      `  real_server ${address} ${port} {`,
      '    weight 1',
      '    TCP_CHECK {',
      '      connect_timeout 2',
      '      retry 1',
      '      delay_before_retry 1',
      '    }',
      '  }',
    ]),
    '}',
  ];
};

/** The VIP of both; a director may have it as long as the kernel has its virtual servers. */
export const [router] = onSegment({
  vrid: 51,
  vip: `${vip}/24`,
  device: 'eth0',
  nodes: directors,
  healthy: `ipvsadm -Ln | grep -qF 'TCP  ${vip}:80 rr'`,
  besides: (['NAT', 'DR', 'TUN'] as const).flatMap(virtualServer),
});

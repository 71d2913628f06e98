import { isIn, numberOf } from '../kube-proxy/objects.ts';

/** A load balancer of Neutron (LBaaS v2): its address in a subnet, the port it listens at, and whom it asks. */
export interface LoadBalancer {
  subnet: string;
  vip: string;
  port: number;
  members: Record<string, string>;
}

/**
 * The configuration of a load balancer’s haproxy, as Neutron’s driver writes it. Throws in a sentence for each address that is not in
 * the subnet, and where nobody is asked. There is no health monitor: of a member that does not answer haproxy calls another one.
 */
export function haproxyConf({ subnet, vip, port, members }: LoadBalancer): string[] {
  const all = Object.entries({ 'the load balancer': vip, ...members });
  const problems = [
    ...all
      .filter(([, address]) => Number.isNaN(numberOf(address)) || !isIn(subnet, address))
      .map(([who, address]) => `${who} has the address ${address}, which is not in the subnet ${subnet}`),
    ...all
      .filter(([, address], i) => all.findIndex((other) => other[1] === address) < i)
      .map(([who, address]) => `${who} has the address ${address}, which another one has`),
    ...(Object.keys(members).length ? [] : [`the load balancer ${vip}:${port} has no member: each call would be closed at once`]),
    ...(Number.isInteger(port) && port >= 1 && port <= 65_535 ? [] : [`the load balancer has the port ${port}, which is not in 1-65535`]),
  ];
  if (problems.length) throw new Error(problems.join('; '));
  return [
    'global',
    '    log /dev/log local0',
    '    maxconn 1024',
    '    stats socket /run/haproxy.sock mode 0666 level admin',
    'defaults',
    '    log global',
    '    retries 3',
    '    option redispatch',
    '    timeout connect 5000',
    '    timeout client 50000',
    '    timeout server 50000',
    'frontend listener',
    '    mode tcp',
    `    bind ${vip}:${port}`,
    '    default_backend pool',
    'backend pool',
    '    mode tcp',
    '    balance roundrobin',
    ...Object.entries(members).map(([name, address]) => `    server ${name} ${address}:${port} weight 1`),
  ];
}

import { at, send } from 'packetwalk';
import { reply, request } from '../ping.ts';
import { acrossRouter, besides, into, outOf, type throughTunnel, toClient, withinNode } from './walks.ts';

const [frontend, redisMaster, redisSlave1, redisSlave2, bridge42] = ['100.96.2.2', '100.96.4.2', '100.96.4.3', '100.96.1.2', '100.96.2.1'];
const [n42, n32, n75] = ['ip-172-20-42-25', 'ip-172-20-32-100', 'ip-172-20-75-91'] as const;
const [node42, node75, client] = ['172.20.42.25', '172.20.75.91', '203.0.113.7'];

/** Pods of one subnet and of one node, a full packet between pods, and walks between a node and pods, near and far, to another node, and from a pod to the world outside. */
export const nodeWalks = (through: ReturnType<typeof throughTunnel>) => ({
  'frontend pings redis-master in the same subnet': {
    claims: ['KR-07', 'PP-01'] as const,
    send: send('frontend', `ping -c 1 ${redisMaster}`),
    request: [
      ...outOf('frontend', request(frontend, redisMaster)),
      ...besides(n42, n32, request(frontend, redisMaster, 63)),
      ...into('redis-master', request(frontend, redisMaster, 62)),
    ],
    reply: [
      ...outOf('redis-master', reply(redisMaster, frontend)),
      ...besides(n32, n42, reply(redisMaster, frontend, 63)),
      ...into('frontend', reply(redisMaster, frontend, 62)),
    ],
  },
  'redis-master pings redis-slave1 on the same node': {
    claims: ['PP-01'] as const,
    send: send('redis-master', `ping -c 1 ${redisSlave1}`),
    request: withinNode('redis-master', 'redis-slave1', request(redisMaster, redisSlave1)),
    reply: withinNode('redis-slave1', 'redis-master', reply(redisSlave1, redisMaster)),
  },
  'A pod’s 1500 bytes cross in one piece: 1520 fit into jumbo frames': {
    claims: ['KR-04'] as const,
    send: send('frontend', `ping -c 1 -M do -s 1472 ${redisSlave2}`),
    request: [
      ...outOf('frontend', request(frontend, redisSlave2)),
      ...through(n42, n75, 63, request(frontend, redisSlave2, 63), 1500),
      ...into('redis-slave2', request(frontend, redisSlave2, 62)),
    ],
  },
  'ip-172-20-42-25 pings its own pod': {
    claims: ['KM-02'] as const,
    send: send(n42, `ping -c 1 ${frontend}`),
    request: into('frontend', request(bridge42, frontend)),
    reply: outOf('frontend', reply(frontend, bridge42)),
  },
  'ip-172-20-42-25 pings redis-master in the same subnet': {
    claims: ['KM-02'] as const,
    send: send(n42, `ping -c 1 ${redisMaster}`),
    request: [...besides(n42, n32, request(node42, redisMaster)), ...into('redis-master', request(node42, redisMaster, 63))],
    reply: [...outOf('redis-master', reply(redisMaster, node42)), ...besides(n32, n42, reply(redisMaster, node42, 63))],
  },
  'ip-172-20-42-25 pings redis-slave2 in the other subnet': {
    claims: ['KM-02', 'KR-05'] as const,
    send: send(n42, `ping -c 1 ${redisSlave2}`),
    request: [...through(n42, n75, 64, request(node42, redisSlave2)), ...into('redis-slave2', request(node42, redisSlave2, 63))],
    reply: [...outOf('redis-slave2', reply(redisSlave2, node42)), ...through(n75, n42, 63, reply(redisSlave2, node42, 63))],
  },
  'redis-slave2 pings ip-172-20-42-25 in the other subnet': {
    claims: ['KM-02', 'KR-05'] as const,
    send: send('redis-slave2', `ping -c 1 ${node42}`),
    request: [...outOf('redis-slave2', request(redisSlave2, node42)), ...through(n75, n42, 63, request(redisSlave2, node42, 63))],
    reply: [...through(n42, n75, 64, reply(node42, redisSlave2)), ...into('redis-slave2', reply(node42, redisSlave2, 63))],
  },
  'ip-172-20-42-25 pings ip-172-20-75-91 past the tunnels': {
    claims: ['KR-05'] as const,
    send: send(n42, `ping -c 1 ${node75}`),
    request: acrossRouter(n42, n75, 64, (ttl) => request(node42, node75, ttl)),
    reply: acrossRouter(n75, n42, 64, (ttl) => reply(node75, node42, ttl)),
  },
  'frontend pings a host outside': {
    claims: ['PE-01'] as const,
    send: send('frontend', `ping -c 1 ${client}`),
    request: [...outOf('frontend', request(frontend, client)), ...toClient(n42, 63, (ttl) => request(node42, client, ttl))],
    reply: [
      at('client:eth0', 'The answer is for the node', reply(client, node42)),
      at('router:eth2', 'To the router', reply(client, node42)),
      at('router:eth0', 'It knows the node', reply(client, node42, 63)),
      at(`${n42}:eth0`, 'Conntrack remembers whom it is for', reply(client, node42, 63)),
      ...into('frontend', reply(client, frontend, 62)),
    ],
  },
});

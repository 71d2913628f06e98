import { at, send } from 'packetwalk';
import { called } from '../processes.ts';
import { answered, besides, call, fromClient, into, outOf, type throughTunnel, toClient } from './walks.ts';

const [frontend, redisMaster, redisSlave1, redisSlave2] = ['100.96.2.2', '100.96.4.2', '100.96.4.3', '100.96.1.2'];
const [n42, n32, n67, n75] = ['ip-172-20-42-25', 'ip-172-20-32-100', 'ip-172-20-67-180', 'ip-172-20-75-91'] as const;
const [node42, node32, node67] = ['172.20.42.25', '172.20.32.100', '172.20.67.180'];
const [clusterIp, client] = ['100.66.80.152', '203.0.113.7'];

/** Calls by ClusterIP from each distance, and from outside by a node's port; each with its answer. */
export const serviceWalks = (through: ReturnType<typeof throughTunnel>) => ({
  'redis-slave1 calls redis-master’s ClusterIP, and its own node has it': {
    claims: ['KR-10'] as const,
    send: send('redis-slave1', call(clusterIp, 6379)),
    request: [...outOf('redis-slave1', called(redisSlave1, clusterIp, 6379)), ...into('redis-master', called(redisSlave1, redisMaster, 6379, 63))],
    reply: [
      at('redis-master:eth0', 'Both are in one subnet: the answer is for redis-slave1', answered(redisMaster, redisSlave1, 6379)),
      at(`${n32}:veth-master`, 'Into the bridge, where bridged packets pass IPVS as well', answered(redisMaster, redisSlave1, 6379)),
      at(`${n32}:veth-slave1`, 'IPVS gave it the ClusterIP back', answered(clusterIp, redisSlave1, 6379)),
      at('redis-slave1:eth0', 'The ClusterIP has answered', answered(clusterIp, redisSlave1, 6379)),
    ],
  },
  'frontend calls redis-master’s ClusterIP, a node of its subnet has it': {
    claims: ['KR-10'] as const,
    send: send('frontend', call(clusterIp, 6379)),
    request: [
      ...outOf('frontend', called(frontend, clusterIp, 6379)),
      ...besides(n42, n32, called(frontend, redisMaster, 6379, 63)),
      ...into('redis-master', called(frontend, redisMaster, 6379, 62)),
    ],
    reply: [
      ...outOf('redis-master', answered(redisMaster, frontend, 6379)),
      ...besides(n32, n42, answered(redisMaster, frontend, 6379, 63)),
      ...into('frontend', answered(clusterIp, frontend, 6379, 62)),
    ],
  },
  'redis-slave2 calls redis-master’s ClusterIP, the other subnet has it': {
    claims: ['KR-10'] as const,
    send: send('redis-slave2', call(clusterIp, 6379)),
    request: [
      ...outOf('redis-slave2', called(redisSlave2, clusterIp, 6379)),
      ...through(n75, n32, 63, called(redisSlave2, redisMaster, 6379, 63)),
      ...into('redis-master', called(redisSlave2, redisMaster, 6379, 62)),
    ],
    reply: [
      ...outOf('redis-master', answered(redisMaster, redisSlave2, 6379)),
      ...through(n32, n75, 63, answered(redisMaster, redisSlave2, 6379, 63)),
      ...into('redis-slave2', answered(clusterIp, redisSlave2, 6379, 62)),
    ],
  },
  'client calls the node that has frontend': {
    claims: ['KR-11'] as const,
    send: send('client', call(node42, 31497)),
    request: [...fromClient(n42, (ttl) => called(client, node42, 31497, ttl)), ...into('frontend', called(client, frontend, 80, 62))],
    reply: [...outOf('frontend', answered(frontend, client, 80)), ...toClient(n42, 63, (ttl) => answered(node42, client, 31497, ttl))],
  },
  'client calls another node, in whose subnet frontend is': {
    claims: ['KR-11'] as const,
    send: send('client', call(node32, 31497)),
    request: [
      ...fromClient(n32, (ttl) => called(client, node32, 31497, ttl)),
      ...besides(n32, n42, called(node32, frontend, 80, 62)),
      ...into('frontend', called(node32, frontend, 80, 61)),
    ],
    reply: [
      ...outOf('frontend', answered(frontend, node32, 80)),
      ...besides(n42, n32, answered(frontend, node32, 80, 63)),
      ...toClient(n32, 62, (ttl) => answered(node32, client, 31497, ttl)),
    ],
  },
  'client calls a node of the other subnet': {
    claims: ['KR-11'] as const,
    send: send('client', call(node67, 31497)),
    request: [
      ...fromClient(n67, (ttl) => called(client, node67, 31497, ttl)),
      ...through(n67, n42, 62, called(node67, frontend, 80, 62)),
      ...into('frontend', called(node67, frontend, 80, 61)),
    ],
    reply: [
      ...outOf('frontend', answered(frontend, node67, 80)),
      ...through(n42, n67, 63, answered(frontend, node67, 80, 63)),
      ...toClient(n67, 62, (ttl) => answered(node67, client, 31497, ttl)),
    ],
  },
});

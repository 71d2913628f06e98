import { at, send, through } from 'packetwalk';
import { call, called } from '../processes.ts';
import { addressOf, client, cluster, type Hops } from './cluster.ts';
import {
  across,
  answer,
  answered,
  before,
  behind,
  device,
  FORWARD,
  fromOutside,
  incoming,
  into,
  outgoing,
  outOf,
  PASSED,
  receives,
  sends,
  syn,
} from './hops.ts';

/** Calls that policies let through or refuse, hook by hook at the node that decides. */
export const walks = {
  'podA calls podB: the policy db lets app=frontend in, at port 80': {
    claims: ['NP-01', 'NP-02'] as const,
    send: send('podA', call(addressOf.podB, 80, 2)),
    request: [
      ...outOf('podA', syn('podA', 'podB')(64)),
      ...before('master', 'a pod'),
      through(
        'master',
        `${FORWARD} > ${sends('podA')} > cali-pro-kns.default > ${PASSED}`,
        'No policy says what podA may call, so its namespace’s profile lets it',
      ),
      ...behind('master'),
      ...across('master', 'node1', syn('podA', 'podB')(63)),
      ...before('node1', 'outside'),
      through(
        'node1',
        `${FORWARD} > ${receives('podB')}${incoming('default/db')} > ${PASSED}`,
        'db knows podA’s address from a set, and marks the packet: deny-all is asked no more',
      ),
      ...behind('node1'),
      ...into('podB', syn('podA', 'podB')(62)),
    ] as Hops,
    reply: [
      at('podB:eth0', 'podB answers', answer('podB', addressOf.podA)(64)),
      at(`node1:${device('podB')}`, 'No policy need let an answer out', answer('podB', addressOf.podA)(64)),
      ...answered('node1', sends('podB')),
      ...across('node1', 'master', answer('podB', addressOf.podA)(63)),
      ...into('podA', answer('podB', addressOf.podA)(62)),
    ] as Hops,
  },
  'podA calls podB at port 81, of which no policy speaks, and hears nothing': {
    claims: ['NP-01', 'NP-02'] as const,
    send: send('podA', call(addressOf.podB, 81)),
    request: [
      ...outOf('podA', syn('podA', 'podB', 81)(64)),
      ...across('master', 'node1', syn('podA', 'podB', 81)(63)),
      ...before('node1', 'outside'),
      through(
        'node1',
        `${FORWARD} > ${receives('podB')}${incoming('default/db', 'default/deny-all')}: drop`,
        'Neither policy marks it: behind the last of them the pod’s chain drops it',
      ),
    ] as Hops,
    reply: [],
  },
  'podC calls podB on its own node, and is no frontend': {
    claims: ['NP-01', 'NP-02'] as const,
    send: send('podC', call(addressOf.podB, 80)),
    request: [
      ...outOf('podC', syn('podC', 'podB')(64)),
      ...before('node1', 'a pod'),
      through(
        'node1',
        `${FORWARD} > ${sends('podC')} > cali-pro-kns.default > ${receives('podB')}${incoming('default/db', 'default/deny-all')}: drop`,
        'On one node as well what is sent is routed: one pod’s chain lets it out, the other’s drops it',
      ),
    ] as Hops,
    reply: [],
  },
  'podD calls podC: one policy lets it out, another one in': {
    claims: ['NP-01', 'NP-02'] as const,
    send: send('podD', call(addressOf.podC, 80)),
    request: [
      ...outOf('podD', syn('podD', 'podC')(64)),
      ...before('node2', 'a pod'),
      through(
        'node2',
        `${FORWARD} > ${sends('podD')}${outgoing('ops/probe')} > ${PASSED}`,
        'ops/probe lets its pods call app=web of the namespace default',
      ),
      ...behind('node2'),
      ...across('node2', 'node1', syn('podD', 'podC')(63)),
      ...before('node1', 'outside'),
      through(
        'node1',
        `${FORWARD} > ${receives('podC')}${incoming('default/deny-all', 'default/web')} > ${PASSED}`,
        'deny-all is asked first, and is an empty chain: policies only add to what is allowed',
      ),
      ...behind('node1'),
      ...into('podC', syn('podD', 'podC')(62)),
    ] as Hops,
  },
  'podD calls podB, which its own policy does not let out': {
    claims: ['NP-01', 'NP-02'] as const,
    send: send('podD', call(addressOf.podB, 80)),
    request: [
      ...outOf('podD', syn('podD', 'podB')(64)),
      ...before('node2', 'a pod'),
      through('node2', `${FORWARD} > ${sends('podD')}${outgoing('ops/probe')}: drop`, 'podB is no app=web: the call does not leave its node'),
    ] as Hops,
    reply: [],
  },
  'client calls podC from the block of addresses that may': {
    claims: ['NP-01'] as const,
    send: send('client', call(addressOf.podC, 80)),
    request: [
      ...fromOutside('client', syn('client', 'podC')),
      ...before('node1', 'outside'),
      through(
        'node1',
        `${FORWARD} > ${receives('podC')}${incoming('default/deny-all', 'default/web')} > ${PASSED}`,
        'web’s second rule is for the block',
      ),
      ...behind('node1'),
      ...into('podC', syn('client', 'podC')(62)),
    ] as Hops,
    reply: [
      at('podC:eth0', 'podC answers', answer('podC', client)(64)),
      at(`node1:${device('podC')}`, 'Out of the pod', answer('podC', client)(64)),
      at('node1:enp0s1', 'Nothing is masqueraded: its caller came with no translation', answer('podC', client)(63)),
      at('gw:eth0', 'By the gateway', answer('podC', client)(63)),
      at('gw:eth1', 'And out', answer('podC', client)(62)),
      at('client:eth0', 'The client hears the pod itself', answer('podC', client)(62)),
    ] as Hops,
  },
  'stranger calls podC from addresses that the block excepts': {
    claims: ['NP-01', 'NP-02'] as const,
    send: send('stranger', call(addressOf.podC, 80)),
    request: [
      ...fromOutside('stranger', syn('stranger', 'podC')),
      ...before('node1', 'outside'),
      through(
        'node1',
        `${FORWARD} > ${receives('podC')}${incoming('default/deny-all', 'default/web')}: drop`,
        'web takes a bit from what comes of the exception, and its rule for the block asks for that bit',
      ),
    ] as Hops,
    reply: [],
  },
  'node1 calls podB, its own pod: no policy is asked': {
    claims: [
      { claim: 'NP-01', corrects: 'Not what a pod’s own node sends to it: that passes no chain of the pod’s, so that its probes always reach it.' },
    ] as const,
    send: send('node1', call(addressOf.podB, 81)),
    request: [
      through('node1', 'raw OUTPUT > cali-OUTPUT > cali-to-host-endpoint: policy accept', 'No policy is for the node itself'),
      through('node1', 'nat OUTPUT > cali-OUTPUT > cali-fip-dnat: policy accept', 'No address is translated'),
      through(
        'node1',
        'filter OUTPUT > cali-OUTPUT: policy accept',
        'What is for a pod returns at once: cali-OUTPUT looks after the node’s own policies',
      ),
      through('node1', 'mangle POSTROUTING > cali-POSTROUTING: policy accept', 'Nothing here refuses anything'),
      through('node1', 'nat POSTROUTING > cali-POSTROUTING > cali-fip-snat > cali-nat-outgoing: policy accept', 'It goes with the node’s address'),
      ...into('podB', called(cluster.node1.address, addressOf.podB, 81)),
    ] as Hops,
  },
};

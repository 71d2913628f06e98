import { at, lab, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import { across, into, outOf } from './kit/bridge-walks.ts';
import { container, makes } from './kit/containers.ts';
import { bridges, otherModes, publishing } from './kit/docker/checks.ts';
import * as docker from './kit/docker/networks.ts';
import { mayNotCross, pingsHost, published } from './kit/docker/walks.ts';
import { doesNotForward } from './kit/faults.ts';
import { reply, request } from './kit/ping.ts';
import { accepted, call, called, witness } from './kit/processes.ts';

const backend = { bridge: 'br-0f331d8331c5', mac: '02:42:a4:a9:b7:c4', range: '172.18' };
const web = docker.container('host1', 'web', docker.docker0, { address: '172.17.0.2', veth: 'veth76ea8f9' });
const app = docker.container('host1', 'app', docker.docker0, { address: '172.17.0.3', veth: 'vethec244a0' });
const db = docker.container('host1', 'db', backend, { address: '172.18.0.2', veth: 'veth2dc104a' });
// On another host Docker begins anew: its first container has the address that web has here.
const client = docker.container('host2', 'client', docker.docker0, { address: web.address, veth: 'veth91b0c5e' });
const [W, A, D, C] = [web.address, app.address, db.address, client.address];
const [host1, host2] = ['192.168.205.3', '192.168.205.4'];

export default lab({
  title: 'Docker joins the containers of one host by bridges, and leaves other hosts out',
  about:
    'Containers in each of Docker’s network modes, with the devices, addresses and rules that dockerd 20.10 makes; later ones sort the same rules into more chains. Left out is docker-proxy, a program that answers at published ports where DNAT does not apply: at 127.0.0.1, and for docker0’s own containers.',
  claims,
  nodes: {
    lan: 'switch',
    ...{ host1: 'host', web: 'pod on host1', app: 'pod on host1', db: 'pod on host1', batch: 'pod on host1' },
    ...{ host2: 'host', client: 'pod on host2' },
  },
  links: [`host1:enp0s1 ${host1}/24 -- lan`, `host2:enp0s1 ${host2}/24 -- lan`],
  setup: {
    'dockerd starts, and decides on all that is forwarded': { host1: docker.engine, host2: docker.engine },
    'It makes docker0, the bridge of all who ask for no other': { host1: docker.network(docker.docker0), host2: docker.network(docker.docker0) },
    'docker network create backend: another bridge, with a range of its own': { host1: docker.network(backend) },
    'docker run: web, app, client and db get a veth pair each, and batch nothing': {
      host1: [web, app, db].map(docker.plug).join('\n'),
      host2: docker.plug(client),
      ...docker.address(web, app, db, client),
    },
    'web serves at port 80, and --publish 8080:80 lets the world in': {
      host1: `${container('web', makes('web'), witness(80, 'web'))}\n${docker.publish(web, 8080, 80)}`,
    },
    'docker run proxy --network=host, which serves at port 80 as well': { host1: container('proxy', docker.hosted, witness(80, 'proxy')) },
    'docker run sidecar --network=container:web': {
      do: { host1: container('sidecar', docker.inside('web')) },
      see: { run: `test /proc/$(cat /run/sidecar)/ns/net -ef /proc/$(cat /run/web)/ns/net && echo one`, see: { host1: lines('one') } },
      notes: 'Nothing of it is to be seen on the network: no interface, no address. Two containers that share a namespace cannot use a port twice.',
    },
  },
  walks: {
    'app pings web on the same bridge': {
      claims: ['DN-01'],
      send: send('app', `ping -c 1 ${W}`),
      request: across(app, web, request(A, W)),
      reply: across(web, app, reply(W, A)),
    },
    'app pings db on the other bridge': {
      claims: ['DN-02'],
      send: send('app', `ping -c 1 -W 0.2 ${D}`),
      request: [...outOf(app, request(A, D), 'The host knows the way'), mayNotCross('host1')],
      reply: [],
    },
    'host1 pings db': {
      send: send('host1', `ping -c 1 ${D}`),
      request: into(db, request('172.18.0.1', D)),
      reply: outOf(db, reply(D, '172.18.0.1')),
    },
    'app pings host2': { claims: ['DN-06'], ...pingsHost(['host1', app, host1], ['host2', host2]) },
    'host2 calls proxy, which is in the host’s namespace': {
      claims: ['DN-03'],
      send: send('host2', call(host1, 80)),
      request: [
        at('host2:enp0s1', 'proxy’s port is the host’s port', called(host2, host1, 80)),
        at('host1:enp0s1', 'It has arrived: no bridge, no veth, no NAT', called(host2, host1, 80)),
      ],
      reply: [
        at('host1:enp0s1', 'A container answers as its host', accepted(host1, host2, 80)),
        at('host2:enp0s1', 'With the host’s address', accepted(host1, host2, 80)),
      ],
    },
    'sidecar calls web, whose namespace it shares': {
      claims: ['DN-04'],
      send: send('web', `nsenter --target $(cat /run/sidecar) --net --mount --pid ${call('127.0.0.1', 80)}`),
      request: [at('web:lo', 'What is for 127.0.0.1 never leaves the namespace', called('127.0.0.1', '127.0.0.1', 80))],
      reply: [at('web:lo', 'web listens there, in another container', accepted('127.0.0.1', '127.0.0.1', 80))],
    },
    'client calls web at the port that host1 publishes': {
      claims: ['DN-06'],
      ...published(['host2', client, host2], ['host1', web, host1]),
    },
    'Requirement 1 fails: client pings web’s address, and finds itself': {
      claims: ['DN-06'],
      send: send('client', `ping -c 1 ${W}`),
      request: [at('client:lo', 'On host2 this address is client’s own', request(C, W))],
      reply: [at('client:lo', 'So client answers, and web hears nothing', reply(W, C))],
    },
    'Requirement 2 fails: host2 pings web’s address, and client answers': {
      claims: ['DN-06'],
      send: send('host2', `ping -c 1 ${W}`),
      request: into(client, request('172.17.0.1', W)),
      reply: outOf(client, reply(W, '172.17.0.1')),
    },
  },
  checks: {
    ...bridges([app, web, db], [client]),
    ...otherModes,
    ...publishing(web, client, { host1, host2, other: backend.bridge }),
  },
  faults: {
    'web’s veth is no port of docker0': {
      claims: ['DN-01'],
      break: { host1: `ip link set ${web.veth} nomaster` },
      lostAt: 'host1:veth76ea8f9',
      untouched: ['host1 pings db', 'app pings host2'],
      cause: 'port off the bridge',
      hint: 'It enters docker0, and leaves it nowhere. Run `bridge link` on host1.',
      fix: { host1: `ip link set ${web.veth} master docker0` },
    },
    'A firewall was reloaded, and has flushed FORWARD: what is left is its policy': {
      break: { host1: 'iptables-save > /run/rules\niptables -F FORWARD' },
      lostAt: 'host1:veth76ea8f9',
      untouched: ['host1 pings db', 'host2 calls proxy, which is in the host’s namespace'],
      cause: 'firewall policy',
      hint: 'Even on one bridge nothing passes. Run `iptables -S FORWARD` on host1: who would accept it?',
      fix: { host1: 'iptables-restore < /run/rules' },
    },
    'Somebody has flushed the nat chain DOCKER': {
      claims: ['DN-06'],
      break: { host1: 'iptables-save > /run/rules\niptables -t nat -F DOCKER' },
      walk: 'client calls web at the port that host1 publishes',
      differsAt: 'host1 nat PREROUTING',
      untouched: 'all',
      cause: 'destination not translated',
      hint: 'It arrives at host1, where nobody listens at 8080. Run `iptables -t nat -S DOCKER` there.',
      fix: { host1: 'iptables-restore < /run/rules' },
    },
    'docker0 no longer masquerades': {
      claims: ['DN-06'],
      break: { host1: 'iptables -t nat -D POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE' },
      walk: 'app pings host2',
      differsAt: 'host1 nat POSTROUTING',
      untouched: ['app pings web on the same bridge', 'client calls web at the port that host1 publishes'],
      cause: 'source not translated',
      hint: 'Look at the source address on enp0s1. To whom would host2 answer? Run `iptables -t nat -S` on host1.',
      fix: { host1: 'iptables -t nat -I POSTROUTING 2 -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE' },
    },
    'host1 does not forward': doesNotForward('host1', {
      walk: 'app pings host2',
      lostAt: 'host1 filter FORWARD',
      untouched: ['app pings web on the same bridge', 'host1 pings db'],
    }),
  },
});

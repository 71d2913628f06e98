import { expect } from 'chai';
import lab from '../../labs/docker-networks.ts';
import { container, kill, makes } from '../../labs/kit/containers.ts';
import { networkModel } from '../../labs/kit/network-model.ts';
import { witness } from '../../labs/kit/processes.ts';
import type { Lab } from '../../src/lab/words.ts';
import { type Plan, plan } from '../../src/plan/plan.ts';
import { check } from '../../src/prove/check.ts';
import { checkMatrices } from '../../src/prove/reachability.ts';
import { walk } from '../../src/prove/walk.ts';
import { engine } from '../engine.ts';
import { needsNamespaces, type Stood, stand } from '../stand.ts';
import { noneInVain } from './in-vain.ts';
import { Incomparable, standInDocker } from './real-docker.ts';

const planned = plan(lab as Lab, 'docker-networks');
const backend = { bridge: 'br-0f331d8331c5', range: '172.18' };

noneInVain('docker-networks', lab as Lab, [
  [
    'host1',
    'ip netns del batch; ip netns attach batch $(cat /run/sidecar)',
    ['Host and containers have a network namespace each'],
  ],
  ['batch', 'ip link add own type bridge', ['batch has lo alone, until a veth pair is added by hand']],
  ['batch', 'ip route add unreachable 10.0.0.0/24', ['batch has lo alone, until a veth pair is added by hand']],
  [
    'host1',
    'ip addr add 172.17.0.1/24 dev docker0; ip addr del 172.17.0.1/16 dev docker0',
    ['docker0 has the first address of its range'],
  ],
  [
    'db',
    'ip addr flush dev eth0; ip addr add 172.18.0.3/16 dev eth0; ip route add default via 172.18.0.1',
    [
      'Each container has an address of its network’s range',
      'And its network’s bridge as the way to all else',
      'host1 pings db',
    ],
  ],
  [
    'host1',
    'ip link set veth2dc104a master docker0',
    [
      'docker0 has the containers as its ports who asked for no other network',
      'It has db as its only port',
      'host1 pings db',
    ],
  ],
  [
    'host1',
    'ip addr del 172.18.0.1/16 dev br-0f331d8331c5',
    [
      'backend is another bridge, with another range',
      'The gateway of the other network is the host: it answers all the same',
    ],
  ],
  [
    'host1',
    'iptables -I DOCKER-USER -i docker0 -o br-0f331d8331c5 -j ACCEPT; iptables -I FORWARD -o docker0 -j ACCEPT',
    ['app pings db on the other bridge'],
  ],
  ['host1', 'iptables -I DOCKER-USER -i docker0 -o br-0f331d8331c5 -j DROP', ['app pings db on the other bridge']],
  [
    'host1',
    'iptables -I FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT',
    ['app pings host2', 'client calls web at the port that host1 publishes'],
  ],
  [
    'host1',
    `${kill('proxy')}; while ss -Hltn 'sport = :80' | grep -q .; do sleep 0.01; done; ${container('proxy', makes('app'), witness(80, 'proxy'))}`,
    [
      'proxy’s network namespace is the host’s',
      'So nobody else can listen at that port of the host',
      'web listens at the same port: it is another namespace’s',
    ],
  ],
  ['host1', 'ip link set enp0s1 down', ['host2 calls proxy, which is in the host’s namespace']],
  [
    'host1',
    `${kill('sidecar')}; ${container('sidecar', makes('app'))}`,
    ['sidecar shares web’s network namespace, and nothing else', 'sidecar calls web, whose namespace it shares'],
  ],
  [
    'host1',
    container('sidecar', 'nsenter --target $(cat /run/web) --net --ipc --uts'),
    ['sidecar shares web’s network namespace, and nothing else'],
  ],
  ['host1', 'ip addr del 172.17.0.1/16 dev docker0; ip link set docker0 down', ['app pings web on the same bridge']],
  [
    'host1',
    'iptables -t nat -F DOCKER',
    [
      'The published port is a DNAT, for all but docker0’s own containers',
      'client calls web at the port that host1 publishes',
    ],
  ],
  [
    'host1',
    'iptables -F DOCKER',
    [
      'What comes from elsewhere passes for the published port alone',
      'client calls web at the port that host1 publishes',
    ],
  ],
  ['host1', 'iptables -P FORWARD ACCEPT', ['What comes from elsewhere passes for the published port alone']],
  [
    'host2',
    'iptables -t nat -F POSTROUTING; iptables -t nat -A POSTROUTING -j SNAT --to-source 192.168.205.9',
    [
      'Requirement 3 fails: web sees client by another address than client’s own',
      'client calls web at the port that host1 publishes',
    ],
  ],
  ['host1', 'iptables -t nat -F POSTROUTING', ['app pings host2']],
  [
    'host2',
    'ip -n client addr add 172.17.0.4/16 dev eth0; ip -n client addr del 172.17.0.2/16 dev eth0',
    [
      'Requirement 1 fails: client pings web’s address, and finds itself',
      'Requirement 2 fails: host2 pings web’s address, and client answers',
    ],
  ],
]);

describe('The Kubernetes network model, where Docker makes the networks', function () {
  this.timeout(30_000);
  let stood: Stood;
  before(async function () {
    needsNamespaces(this);
    stood = await stand(planned);
  });
  after(() => stood?.[Symbol.asyncDispose]());

  // A matrix takes addresses from cables, and Docker’s containers have none in the lab.
  const addressed = ([place, address]: [string, string]): Plan['links'][number] => ({
    ends: [
      { place, interface: 'eth0', address },
      { place: 'lan', interface: place },
    ],
  });
  const containers = Object.entries({ web: '172.17.0.2/16', app: '172.17.0.3/16', client: '172.17.0.2/16' });

  const model = async (pods: string[], hosts: string[]) => {
    const matrices = Object.entries(networkModel(pods, hosts)).map(([title, matrix]) => ({ title, ...matrix }));
    const live = { ...stood, plan: { ...planned, links: [...planned.links, ...containers.map(addressed)] } };
    const results = await checkMatrices(live, matrices, { waitS: 0.5 });
    return new Map(results.map(({ claim, verdict, output }) => [claim, { verdict, output }]));
  };

  it('holds on one host', async () => {
    const found = await model(['web', 'app'], ['host1']);
    expect([...found].map(([claim, { verdict }]) => [claim, verdict])).to.deep.equal([
      ['KM-01', 'passed'],
      ['KM-02', 'passed'],
      ['KM-03', 'passed'],
    ]);
  });

  it('fails across two, in each of its three requirements', async () => {
    const found = await model(['web', 'app', 'client'], ['host1', 'host2']);
    expect([...found.values()].map(({ verdict }) => verdict)).to.deep.equal(['failed', 'failed', 'failed']);
    expect(found.get('KM-01')!.output)
      .to.include('client > web: web received nothing from client')
      .and.include('web > app: from 172.17.0.2');
    expect(found.get('KM-02')!.output)
      .to.include('host2 > web: web received nothing from host2')
      .and.include('app > host2: host2 sees app as 192.168.205.3');
    expect(found.get('KM-03')!.output).to.include('host1 sees client as 192.168.205.4, which is none of its addresses');
  });
});

describe('docker-networks, where Docker itself makes the networks', function () {
  this.timeout(240_000);
  let docker: Stood;
  let wired: Stood;

  before(async function () {
    needsNamespaces(this);
    const its = await engine(this);
    docker = await standInDocker(its.docker, planned, backend, {
      web: { options: { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } }, serves: true, veth: 'veth76ea8f9' },
      app: { veth: 'vethec244a0' },
      db: { options: { NetworkMode: 'backend' }, veth: 'veth2dc104a' },
      batch: { options: { NetworkMode: 'none' } },
      proxy: { options: { NetworkMode: 'host' }, serves: true },
      sidecar: { options: { NetworkMode: 'container:web' } },
    }).catch((error) => {
      if (!(error instanceof Incomparable)) throw error;
      this.test?.parent?.eachTest((test) => {
        test.title += ` (skipped: ${error.message})`;
      });
      return this.skip();
    });
    wired = await stand(planned);
  });

  after(async () => {
    await docker?.[Symbol.asyncDispose]();
    await wired?.[Symbol.asyncDispose]();
  });

  for (const name of planned.walks.map(({ name }) => name))
    it(`delivers: ${name}`, async () => {
      const [result] = await walk(docker, [planned.walks.find((each) => each.name === name)!]);
      expect(result, JSON.stringify(result)).to.include({ verdict: 'passed' });
    });

  for (const one of planned.checks)
    it(`holds: ${one.title}`, async () => {
      for (const { node, verdict, reason, output } of await check(docker, one))
        expect({ node, verdict, reason }, output).to.deep.equal({ node, verdict: 'passed', reason: undefined });
    });

  for (const [place, command] of [
    ['host1', 'iptables -S'],
    ['host1', 'iptables -t nat -S'],
    ['host1', 'ip -br -4 addr'],
    ['host1', 'ip route'],
    ...(['web', 'app', 'db'] as const).map(
      (each) =>
        [each, "ip route; ip -br addr show eth0 | sed 's/@if[0-9]* */ /'; cat /sys/class/net/eth0/address"] as const,
    ),
    ['batch', 'ip -o addr; ip route'],
  ] as const)
    it(`prints the same, ${place}# ${command}`, async () => {
      const printed = async ({ runtime }: Stood) => (await runtime.script(place, command)).stdout;
      expect(await printed(wired))
        .to.equal(await printed(docker))
        .and.not.equal('');
    });
});

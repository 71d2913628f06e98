import { expect } from 'chai';
import vxlan, { sized } from '../../labs/flannel-vxlan.ts';
import { nodesOf, type Pod, podsOf } from '../../labs/kit/cluster.ts';
import { sized as cluster, document } from '../../labs/kit/flannel/cluster.ts';
import type { Lab } from '../../src/lab/words.ts';
import { plan } from '../../src/plan/plan.ts';
import { findings, setUp, verdictOf } from '../../src/prove/run.ts';
import { startNetns } from '../../src/runtime/netns/index.ts';
import { needsNamespaces, stand } from '../stand.ts';

const addresses = (pods: Record<string, Pod>) =>
  Object.fromEntries(Object.entries(pods).map(([name, { address }]) => [name, address]));

describe('A flannel cluster in other sizes', () => {
  it('is the document’s if nothing is said', () => {
    expect(cluster({})).to.deep.equal(document);
  });

  it('has the document’s nodes and pods first, then others, each with an address and a MAC of its own', () => {
    const grown = cluster({ nodes: 100, pods: 4 });
    expect(nodesOf(grown)).to.have.lengthOf(100);
    expect(podsOf(grown)).to.have.lengthOf(400);
    expect(
      Object.values(grown)
        .slice(0, 3)
        .map(({ pods }) => addresses(pods)),
    ).to.deep.equal([
      { podA: '10.42.0.65', 'pod0-2': '10.42.0.2', 'pod0-3': '10.42.0.3', 'pod0-4': '10.42.0.4' },
      { podB: '10.42.1.9', podC: '10.42.1.6', 'pod1-2': '10.42.1.2', 'pod1-3': '10.42.1.3' },
      { podD: '10.42.2.6', 'pod2-2': '10.42.2.2', 'pod2-3': '10.42.2.3', 'pod2-4': '10.42.2.4' },
    ]);
    expect(Object.entries(grown)[3]).to.deep.equal([
      'node3',
      {
        address: '192.168.205.6',
        subnet: '10.42.3',
        mac: '0a:58:0a:2a:03:00',
        pods: {
          'pod3-2': { address: '10.42.3.2', veth: 'veth3-2' },
          'pod3-3': { address: '10.42.3.3', veth: 'veth3-3' },
          'pod3-4': { address: '10.42.3.4', veth: 'veth3-4' },
          'pod3-5': { address: '10.42.3.5', veth: 'veth3-5' },
        },
      },
    ]);
    const nodes = Object.values(grown);
    for (const own of ['address', 'subnet', 'mac'] as const)
      expect(new Set(nodes.map((node) => node[own]))).to.have.lengthOf(100);
    expect(new Set(nodes.flatMap(({ pods }) => Object.values(addresses(pods))))).to.have.lengthOf(400);
  });

  it('is filled to the brim without a clash', () => {
    const full = cluster({ nodes: 252, pods: 253 });
    expect(Object.values(full).at(-1)!.address).to.equal('192.168.205.254');
    expect(new Set(Object.values(full).flatMap(({ pods }) => Object.values(addresses(pods))))).to.have.lengthOf(
      252 * 253,
    );
    expect(() => plan(sized({ nodes: 20, pods: 3 }), 'flannel-vxlan')).to.not.throw();
    const pauses = [3, 41].map((nodes) => {
      const { steps } = plan(sized({ nodes }), 'flannel-vxlan');
      const waiting = steps.find(({ title }) => title.startsWith('Let each node learn its peers'))!.commands![0]!;
      return Number(/sleep ([\d.]+)/.exec(waiting.lines.join())![1]);
    });
    expect(pauses, 'where more wait, each looks less often').to.deep.equal([0.01, 0.1]);
  });

  for (const [size, says] of [
    [{ nodes: 253 }, /^253 nodes cannot be: from 3 to 252, since .*192\.168\.205\.0\/24/],
    [{ nodes: 2 }, /^2 nodes cannot be: from 3 to 252/],
    [{ nodes: 3.5 }, /^3\.5 nodes cannot be/],
    [{ nodes: Number.NaN }, /^NaN nodes cannot be/],
    [{ pods: 254 }, /^254 pods a node cannot be: from 1 to 253, since a node’s \/24/],
    [{ pods: 0 }, /^0 pods a node cannot be/],
  ] as const)
    it(`cannot be had with ${JSON.stringify(size)}`, () => {
      expect(() => cluster(size)).to.throw(says);
    });
});

describe('flanneld in small', function () {
  this.timeout(60_000);
  before(function () {
    needsNamespaces(this);
  });

  /** The lab with something typed before flanneld is started on node2. */
  const withBefore = (place: 'master' | 'node2', typed: string): Lab => {
    const { setup, ...rest } = vxlan as Lab;
    const at = Object.keys(setup).findIndex((step) => step.startsWith('Start flanneld'));
    return {
      ...rest,
      setup: Object.fromEntries(Object.entries(setup).toSpliced(at, 0, ['Before', { [place]: typed }])),
    };
  };

  const failureOf = async (lab: Lab) => {
    const planned = plan(lab, 'flannel-vxlan');
    await using runtime = await startNetns(planned);
    const found = findings();
    expect(await setUp(planned, runtime, found, () => {})).to.equal(false);
    expect(verdictOf(planned, found).verdict).to.equal('failed');
    return found.steps.at(-1)!.failure!;
  };

  it('takes another subnet where another node has leased its own, and says nothing of it', async () => {
    const lease = `'{"PublicIP":"192.168.205.3","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1}}'`;
    const clash = withBefore('master', `etcdctl put /coreos.com/network/subnets/10.42.2.0-24 ${lease}`);
    const steps = Object.entries(clash.setup);
    const started = steps.findIndex(([step]) => step.startsWith('Start flanneld'));
    const setup = Object.fromEntries(steps.slice(0, started + 1));
    await using stood = await stand(plan({ ...clash, setup }, 'flannel-vxlan'));
    const env = (await stood.runtime.script('node2', 'cat /run/flannel/subnet.env')).stdout;
    expect(env).to.match(/^FLANNEL_SUBNET=10\.42\.([1-9]\d?|100)\.1\/24$/m);
    expect(env).to.not.contain('10.42.2.1/24');
  });

  it('puts its own lease back where another node writes over it', async () => {
    await using stood = await stand(plan(vxlan, 'flannel-vxlan'));
    const key = '/coreos.com/network/subnets/10.42.1.0-24';
    const over = `etcdctl put ${key} '{"PublicIP":"192.168.205.5","BackendType":"vxlan"}'`;
    const back = `until etcdctl get ${key} | grep -q 192.168.205.3; do sleep 0.02; done`;
    expect((await stood.runtime.script('master', `${over}\n${back}`, { timeoutMs: 10_000 })).code).to.equal(0);
  });

  it('ends where etcd does not answer, and says so', async () => {
    const { output } = await failureOf(withBefore('master', 'kill $(cat /run/etcd.pid)'));
    expect(output).to.match(/etcd at 192\.168\.205\.4: Connection refused/);
  });

  it('follows a node that joins, moves and leaves, on every other node, but for its former MAC’s entry', async () => {
    await using stood = await stand(plan(vxlan, 'flannel-vxlan'));
    const etcdctl = (rest: string) => stood.runtime.run('master', [`etcdctl ${rest}`], { timeoutMs: 10_000 });
    const key = '/coreos.com/network/subnets/10.42.9.0-24';
    const put = (address: string, mac: string) =>
      etcdctl(
        `put ${key} '{"PublicIP":"${address}","BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"${mac}"}}'`,
      );
    const tables = async (node: string, until: string) => {
      const shown =
        'ip route show 10.42.9.0/24; ip neigh show 10.42.9.0; bridge fdb show dev flannel.1 | grep 02:00:00';
      const line = `until { ${shown}; } | tr '\\n' ' ' | grep -qx '${until}'; do sleep 0.02; done`;
      const { code } = await stood.runtime.script(node, line, { timeoutMs: 10_000 });
      expect(code, `${node}: ${(await stood.runtime.script(node, shown)).stdout}`).to.equal(0);
    };
    const entries = (address: string, mac: string, former: string) =>
      `10.42.9.0/24 via 10.42.9.0 dev flannel.1 onlink *10.42.9.0 dev flannel.1 lladdr ${mac} PERMANENT *${mac} dst ${address} self permanent ${former}*`;
    const nodes = ['master', 'node1', 'node2'];
    for (const [address, mac, former] of [
      ['192.168.205.12', '02:00:00:00:00:01', ''],
      ['192.168.205.13', '02:00:00:00:00:02', '*02:00:00:00:00:01 dst 192.168.205.12 self permanent '],
    ] as const) {
      await put(address, mac);
      await Promise.all(nodes.map((node) => tables(node, entries(address, mac, former))));
    }
    await etcdctl(`del ${key}`);
    await Promise.all(
      nodes.map(async (node) => {
        const gone =
          'until ! ip route show 10.42.9.0/24 | grep . && ! bridge fdb show dev flannel.1 | grep 02:00:00:00:00:02; do sleep 0.02; done';
        expect((await stood.runtime.script(node, gone, { timeoutMs: 10_000 })).code).to.equal(0);
      }),
    );
  });

  it('keeps its lease when it is started again', async () => {
    await using stood = await stand(plan(vxlan, 'flannel-vxlan'));
    const lease = () => stood.runtime.script('master', 'etcdctl get -w json /coreos.com/network/subnets/10.42.1.0-24');
    const before = (await lease()).stdout;
    const again =
      'kill $(cat /run/flanneld.pid); timeout 1 env ETCD=192.168.205.4 perl /run/flanneld 192.168.205.3 10.42.1.0/24';
    expect((await stood.runtime.script('node1', again, { timeoutMs: 10_000 })).code).to.equal(124);
    const kv = (output: string) => JSON.parse(output).kvs[0];
    expect(kv((await lease()).stdout)).to.deep.equal(kv(before));
  });
});

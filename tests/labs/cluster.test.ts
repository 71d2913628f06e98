import { expect } from 'chai';
import * as calico from '../../labs/kit/calico/cluster.ts';
import {
  each,
  forEvery,
  forEveryPod,
  grown,
  inEveryPod,
  kinds,
  nodesOf,
  onEvery,
  podsOf,
  those,
} from '../../labs/kit/cluster.ts';
import * as flannel from '../../labs/kit/flannel/cluster.ts';
import * as kubeRouter from '../../labs/kit/kube-router/cluster.ts';

const cluster = {
  n1: { address: '10.0.0.1', subnet: '10.1.1', pods: { a: { address: '10.1.1.2', veth: 'vetha' } } },
  n2: {
    address: '10.0.0.2',
    subnet: '10.1.2',
    pods: { b: { address: '10.1.2.2', veth: 'vethb' }, c: { address: '10.1.2.3', veth: 'vethc' } },
  },
  n3: { address: '10.0.0.3', subnet: '10.1.3', pods: {} },
};

describe('A cluster', () => {
  it('types a line on every node, by the node’s own address', () => {
    expect(onEvery(cluster, (n) => `ip link add v0 type vxlan id 1 local ${n.address}`)).to.deep.equal({
      n1: 'ip link add v0 type vxlan id 1 local 10.0.0.1',
      n2: 'ip link add v0 type vxlan id 1 local 10.0.0.2',
      n3: 'ip link add v0 type vxlan id 1 local 10.0.0.3',
    });
  });

  it('types a line for each of a node’s peers and pods, and for none twice', () => {
    const typed = onEvery(cluster, (n) => [
      ...n.peers.map((peer) => `${peer.name} ${peer.subnet}`),
      ...n.pods.map((pod) => `${pod.name} ${pod.address} ${pod.veth} ${pod.node.name}`),
    ]);
    expect(typed.n2).to.deep.equal(['n1 10.1.1', 'n3 10.1.3', 'b 10.1.2.2 vethb n2', 'c 10.1.2.3 vethc n2']);
    expect(typed.n3).to.deep.equal(['n1 10.1.1', 'n2 10.1.2']);
  });

  it('types a line in every pod, by its node’s address', () => {
    expect(inEveryPod(cluster, (pod) => `ip route add default via ${pod.node.subnet}.1`)).to.deep.equal({
      a: 'ip route add default via 10.1.1.1',
      b: 'ip route add default via 10.1.2.1',
      c: 'ip route add default via 10.1.2.1',
    });
  });

  it('has nodes, pods and their cables', () => {
    expect(kinds(cluster)).to.deep.equal({
      ...{ n1: 'router', n2: 'router', n3: 'router' },
      ...{ a: 'pod on n1', b: 'pod on n2', c: 'pod on n2' },
    });
    expect(nodesOf(cluster)).to.deep.equal(['n1', 'n2', 'n3']);
    expect(podsOf(cluster)).to.deep.equal(['a', 'b', 'c']);
    expect(forEvery(cluster, (n) => `${n.name}:eth0 -- lan`)[2]).to.equal('n3:eth0 -- lan');
    expect(forEveryPod(cluster, (pod) => `${pod.name}:eth0 -- ${pod.node.name}:${pod.veth}`)).to.deep.equal([
      'a:eth0 -- n1:vetha',
      'b:eth0 -- n2:vethb',
      'c:eth0 -- n2:vethc',
    ]);
    expect(Object.keys(those(cluster, (node) => node.subnet !== '10.1.2'))).to.deep.equal(['n1', 'n3']);
    expect(each(['x', 'y'], (name) => `-A ${name}`)).to.equal('-A x\n-A y');
  });

  describe('that grows', () => {
    const grow = (size: { nodes?: number; pods?: number }) =>
      grown<string, { address: string; pods: Record<string, { address: string; veth: string }> }>(cluster, size, {
        nodes: { document: 'three', most: 9, room: 'nine is enough' },
        pods: { most: 4, room: 'a node has room for four' },
        node: (n) => [`n${n + 1}`, { address: `10.0.0.${n + 1}`, pods: {} }],
        podAddress: (node, number) => `10.1.${node.address.split('.')[3]}.${number + 1}`,
        veth: (pod) => pod.replace('pod', 'veth'),
      });

    it('keeps what it had, and takes the lowest addresses that are free', () => {
      const { n2, n4 } = grow({ nodes: 4, pods: 3 });
      expect(Object.keys(n2!.pods)).to.deep.equal(['b', 'c', 'pod2-4']);
      expect(n4!.pods['pod4-2']).to.deep.equal({ address: '10.1.4.2', veth: 'veth4-2' });
    });

    for (const [size, says] of [
      [{ nodes: 10 }, '10 nodes cannot be: from 3 to 9, since the document has three, and nine is enough'],
      [{ nodes: 2 }, '2 nodes cannot be: from 3 to 9, since the document has three, and nine is enough'],
      [{ pods: 5 }, '5 pods a node cannot be: from 1 to 4, since a node has room for four'],
      [{ pods: 1.5 }, '1.5 pods a node cannot be: from 1 to 4, since a node has room for four'],
    ] as const)
      it(`is refused with ${JSON.stringify(size)}`, () => {
        expect(() => grow(size)).to.throw(says);
      });
  });

  for (const [name, of, most] of [
    ['flannel', flannel, { nodes: 252, pods: 253 }],
    ['Calico', calico, { nodes: 252, pods: 62 }],
    ['kube-router', kubeRouter, { nodes: 256, pods: 253 }],
  ] as const)
    it(`of ${name} has no name, address or veth twice when it is full`, () => {
      const full = of.sized(most) as Record<string, flannel.FlannelNode>;
      const nodes = Object.values(full);
      const pods = nodes.flatMap((node) => Object.values(node.pods));
      expect(nodes).to.have.lengthOf(most.nodes);
      expect(pods).to.have.lengthOf(most.nodes * most.pods);
      expect(new Set(nodes.map(({ address }) => address))).to.have.lengthOf(most.nodes);
      expect(new Set(pods.map((pod) => pod?.address))).to.have.lengthOf(pods.length);
      expect(new Set(pods.map((pod) => pod?.veth))).to.have.lengthOf(pods.length);
    });
});

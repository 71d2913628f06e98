import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { needsNamespaces } from '../stand.ts';

const kit = fileURLToPath(new URL('../../labs/kit/', import.meta.url));

type Resource = [kind: string, name: string, spec: object];

const put = ([kind, name, spec]: Resource) => {
  const value = { kind, apiVersion: 'projectcalico.org/v3', metadata: { name, uid: 'u', labels: { zone: '1' } }, spec };
  return `put /calico/resources/v3/projectcalico.org/${kind.toLowerCase()}s/${name} ${JSON.stringify(value)}`;
};

const node = (name: string, ipv4Address: string, rest: object = {}): Resource => [
  'Node',
  name,
  { bgp: { ipv4Address, ...rest }, addresses: [{ address: ipv4Address.split('/')[0], type: 'InternalIP' }] },
];

const pool = (ipipMode: string): Resource => [
  'IPPool',
  'default-ipv4-ippool',
  { cidr: '10.42.0.0/16', vxlanMode: 'Never', ipipMode, natOutgoing: true, blockSize: 26, nodeSelector: 'all()' },
];

const bgp = (nodeToNodeMeshEnabled: boolean, asNumber = 64512): Resource => [
  'BGPConfiguration',
  'default',
  { asNumber, nodeToNodeMeshEnabled },
];

/** The bird.cfg that confd makes of master's by what an etcd has, which BIRD can read. Both are in a network of their own. */
function birdCfg(resources: Resource[], more: string[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), 'confd-'));
  const script = `
    ip link set lo up && mount -t tmpfs none /run && mkdir /run/calico || exit
    cp ${kit}calico/confd ${kit}etcd/etcd.pl /run/calico
    etcd --data-dir ${folder} --unsafe-no-fsync --logger zap --log-level fatal &
    until etcdctl endpoint health >/dev/null 2>&1; do sleep 0.02; done
    etcdctl txn >&2 || exit
    ETCD=127.0.0.1 perl /run/calico/confd master tunl0 &
    until test -e /run/calico/bird.cfg; do sleep 0.02; done
    kill %1 %2
    wait
    bird -p -c /run/calico/bird.cfg && cat /run/calico/bird.cfg`;
  try {
    const input = ['', ...resources.map(put), ...more, '', '', ''].join('\n');
    return execFileSync('unshare', ['-rnmpf', '--kill-child', 'timeout', '20', 'bash', '-c', script], {
      input,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const tunnelled = (cfg: string) => cfg.match(/route \S+ via \S+%tunl0 onlink/g)?.map((route) => route.split(' ')[1]);
const sessions = (cfg: string) => cfg.match(/(?<=^protocol bgp )\w+/gm);

describe('confd in short', function () {
  this.timeout(30_000);
  before(function () {
    needsNamespaces(this);
  });

  const peers = [
    node('node1', '192.168.205.3/24'),
    node('node2', '192.168.206.5/24'),
    node('node3', '192.168.205.200/24'),
  ];

  for (const [own, ipipMode, wrapped] of [
    ['192.168.205.4/24', 'Never', undefined],
    ['192.168.205.4/24', 'Always', ['192.168.205.3/32', '192.168.206.5/32', '192.168.205.200/32']],
    ['192.168.205.4/24', 'CrossSubnet', ['192.168.206.5/32']],
    ['192.168.205.4/25', 'CrossSubnet', ['192.168.206.5/32', '192.168.205.200/32']],
    ['192.168.205.4/22', 'CrossSubnet', undefined],
    ['192.168.205.4/0', 'CrossSubnet', undefined],
    ['192.168.205.4/32', 'CrossSubnet', ['192.168.205.3/32', '192.168.206.5/32', '192.168.205.200/32']],
    ['192.168.205.4', 'CrossSubnet', ['192.168.205.3/32', '192.168.206.5/32', '192.168.205.200/32']],
  ] as const)
    it(`ipipMode ${ipipMode}: a node that is ${own} wraps for ${wrapped?.length ?? 'none'} of three`, () => {
      expect(tunnelled(birdCfg([bgp(true), pool(ipipMode), node('master', own), ...peers]))).to.deep.equal(wrapped);
    });

  it('is of no other opinion where a peer’s own Node says another length', () => {
    const cfg = birdCfg([pool('CrossSubnet'), node('master', '192.168.205.4/24'), node('node2', '192.168.206.5/16')]);
    expect(tunnelled(cfg)).to.deep.equal(['192.168.206.5/32']);
  });

  it('peers with all in AS 64512 where no BGPConfiguration says otherwise', () => {
    const cfg = birdCfg([pool('Never'), node('master', '192.168.205.4/24'), ...peers.slice(0, 2)]);
    expect(sessions(cfg)).to.deep.equal(['Mesh_192_168_205_3', 'Mesh_192_168_206_5']);
    expect(cfg).to.include('local 192.168.205.4 as 64512;').and.include('neighbor 192.168.205.3 as 64512;');
    expect(cfg)
      .to.include('router id 192.168.205.4;')
      .and.include('if source = RTS_STATIC || net ~ 10.42.0.0/16 then accept;');
  });

  it('takes the AS of the BGPConfiguration, and nobody as a peer where that has no mesh', () => {
    const cfg = birdCfg([bgp(false, 65001), pool('Never'), node('master', '192.168.205.4/24'), ...peers]);
    expect(cfg).to.include('local 192.168.205.4 as 65001;');
    expect(sessions(cfg)).to.equal(null);
  });

  it('makes of a BGPPeer a session of everybody with that address, and of the node that has it one with each', () => {
    const global: Resource = ['BGPPeer', 'reflector', { peerIP: '192.168.205.3', asNumber: 64512 }];
    const reflected = birdCfg([bgp(false), pool('Never'), global, node('master', '192.168.205.4/24'), ...peers]);
    expect(sessions(reflected)).to.deep.equal(['Global_192_168_205_3']);
    expect(reflected).not.to.include('rr client');
    const own: Resource = ['BGPPeer', 'reflector', { peerIP: '192.168.205.4', asNumber: 64512 }];
    const master = node('master', '192.168.205.4/24', { routeReflectorClusterID: '224.0.0.1' });
    const reflecting = birdCfg([bgp(false), pool('Never'), own, master, ...peers.slice(0, 2)]);
    expect(sessions(reflecting)).to.deep.equal(['Node_192_168_205_3', 'Node_192_168_206_5']);
    expect(reflecting.match(/rr client;\n {2}rr cluster id 224\.0\.0\.1;/g)).to.have.length(2);
  });

  it('leaves out a BGPPeer of some nodes only, rather than take it for one of all', () => {
    const some: Resource = ['BGPPeer', 'rack', { peerIP: '192.168.205.3', asNumber: 64512, nodeSelector: 'has(rack)' }];
    const cfg = birdCfg([bgp(false), pool('Never'), some, node('master', '192.168.205.4/24'), ...peers]);
    expect(sessions(cfg)).to.equal(null);
  });

  it('announces the blocks that IPAM gave this node, and no other’s', () => {
    const block = (name: string, cidr: string) =>
      `put /calico/ipam/v2/host/${name}/ipv4/block/${cidr} {"state":"confirmed"}`;
    const blocks = [
      block('master', '10.42.0.64-26'),
      block('master', '10.42.9.0-26'),
      block('master2', '10.42.1.0-26'),
    ];
    const cfg = birdCfg([pool('Never'), node('master', '192.168.205.4/24')], blocks);
    expect(cfg.match(/(?<=route )\S+(?= blackhole)/g)).to.deep.equal(['10.42.0.64/26', '10.42.9.0/26']);
  });

  it('announces its blocks, and nothing else, where there is no pool', () => {
    const cfg = birdCfg([node('master', '192.168.205.4/24'), ...peers]);
    expect(cfg).to.include('if source = RTS_STATIC || false then accept;');
  });
});

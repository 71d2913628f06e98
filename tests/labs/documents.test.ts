import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { program } from '../../labs/kit/program.ts';
import { send } from '../../src/index.ts';
import type { Lab } from '../../src/lab/words.ts';
import { hiddenLines, ofChecks, ofDrills, ofWalks, textsOf } from './shown-lines.ts';

const labs = fileURLToPath(new URL('../../labs/', import.meta.url));
const source = (name: string) => readFileSync(`${labs}${name}.ts`, 'utf8');
const names = readdirSync(labs)
  .filter((file) => file.endsWith('.ts') && file !== 'claims.ts')
  .map((file) => file.slice(0, -3));

/** Those whose files show every line that builds them. */
const documents = [
  'flannel-vxlan',
  'flannel-vxlan-routed',
  'flannel-nftables',
  'flannel-host-gw',
  'flannel-host-gw-routed',
  'flannel-udp',
  'kube-router',
  'calico-bgp',
  'calico-ipip',
  'calico-ipip-cross-subnet',
  'calico-route-reflector',
  'calico-vxlan',
  'ipip-tunnel',
  'netns-bridge',
  'netns-bridge-no-address',
  'netns-veth',
  'cni-bridge',
];

/** Those of which that holds for the commands of their drills, too. */
const withDrills = [
  'flannel-vxlan-routed',
  'flannel-host-gw-routed',
  'calico-vxlan',
  'ipip-tunnel',
  'netns-bridge',
  'netns-bridge-no-address',
  'netns-veth',
];

/** Those whose files have every line that `show` prints: of checks and walks, besides. */
const wholly = ['flannel-host-gw-routed', 'ipip-tunnel', 'netns-bridge', 'netns-bridge-no-address', 'netns-veth'];

const load = async (name: string) => ((await import(`${labs}${name}.ts`)) as { default: Lab }).default;

describe('Labs as documents', () => {
  it('no lab’s file has more than 200 lines', () => {
    const long = names.filter((name) => source(name).trimEnd().split('\n').length > 200);
    expect(long).to.deep.equal([]);
  });

  for (const name of documents)
    it(`${name} types no line to build it that does not stand in its file`, async () => {
      expect(hiddenLines(await load(name), source(name))).to.deep.equal([]);
    });

  for (const name of withDrills)
    it(`${name} types no line to break it or to mend it that does not stand in its file`, async () => {
      expect(hiddenLines(ofDrills(await load(name)), source(name))).to.deep.equal([]);
    });

  for (const name of wholly)
    it(`${name} shows no line of a check or walk that does not stand in its file`, async () => {
      const lab = await load(name);
      expect(hiddenLines(ofChecks(lab), source(name))).to.deep.equal([]);
      expect(hiddenLines(ofWalks(lab), source(name))).to.deep.equal([]);
    });

  it('a line of a drill, a check or a walk that is hidden is found', () => {
    const { links, ...rest } = { title: 'x', nodes: { a: 'host' as const }, links: [], setup: {} };
    const walks = { w: { send: send('a', 'ping -c 1 10.0.0.9'), request: [] } };
    const checks = { c: { run: 'ip route\nip link', see: { a: { lines: [] } } } };
    const faults = { f: { break: { a: 'ip route flush all' }, fix: { a: 'ip route add x' }, hint: '' } };
    const lab: Lab = { ...rest, links, walks, checks, faults };
    expect(hiddenLines(ofDrills(lab), "'ip route add x'")).to.deep.equal(['ip route flush all']);
    expect(hiddenLines(ofChecks(lab), "'ip route'")).to.deep.equal(['ip link']);
    expect(hiddenLines(ofWalks(lab), "''")).to.deep.equal(['ping -c 1 10.0.0.9']);
  });

  it('a text in quotes is read with its escapes, and a gap where a value is put in', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a file’s text.
    const file = "const a = 'it\\'s'; // 'not this'\n/* nor `this` */ const b = `ip ${each(x, (y) => `-A ${y}`)} up`;";
    expect(textsOf(file)).to.deep.equal(["it's", '-A \0', 'ip \0 up']);
  });

  describe('a line that is hidden is found', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a file’s text.
    const own = "const n = `ip addr add ${n.address}/24 dev eth0`; program('etcd/etcd.pl', '/run/etcd.pl');";
    const hidden = (setup: Lab['setup']) =>
      hiddenLines({ title: 'x', nodes: {}, links: [], setup, walks: {} } as Lab, own);

    it('and one that stands there is not', () => {
      const setup = { x: { a: ['ip addr add 10.0.0.1/24 dev eth0', program('etcd/etcd.pl', '/run/etcd.pl')] } };
      expect(hidden(setup)).to.deep.equal([]);
    });

    for (const [what, typed, found] of [
      ['a command', 'sysctl -w net.ipv4.ip_forward=1', ['sysctl -w net.ipv4.ip_forward=1']],
      ['more than a value in a gap', 'ip addr add 10.0.0.1 && reboot; x/24 dev eth0', undefined],
      ['a command behind one that stands there', 'ip addr add 10.0.0.1/24 dev eth0; id', undefined],
      ['a line that is fed to a command', "ipset restore <<'END'\nadd a b\nEND", ['ipset restore', 'add a b']],
      ['a program that is no file of the kit', "cat > /run/etcd.pl <<'END'\nid\nEND", ['cat > /run/etcd.pl', 'id']],
      ['a program that is put elsewhere', program('etcd/etcd.pl', '/run/x'), ["cat > /run/x <<'END'"]],
    ] as const)
      it(what, () => {
        expect(hidden({ x: { a: typed } })).to.deep.equal(found ?? [typed]);
      });

    it('a program that the file does not name', () => {
      expect(hidden({ x: { a: program('calico/confd', '/run/etcd.pl') } })).to.include('#!/usr/bin/env perl');
    });

    it('a daemon’s options, and what it is waited for', () => {
      const daemon = { daemon: 'd', run: 'd --hidden', ready: { 'it listens': 'ss -l' } };
      expect(hidden({ x: { a: daemon } })).to.deep.equal(['d --hidden', 'ss -l']);
    });

    it('a line for which the file has nothing but values', () => {
      const setup = { x: { a: 'reboot now' } };
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a file’s text.
      const found = hiddenLines({ title: 'x', nodes: {}, links: [], setup, walks: {} } as Lab, '`${a} ${b}`');
      expect(found).to.deep.equal(['reboot now']);
    });

    it('in a lab that ships, too', async () => {
      const { setup, ...rest } = await load('flannel-vxlan');
      const planted = { ...rest, setup: { ...setup, Hidden: { master: 'ip link set cni0 promisc on' } } };
      expect(hiddenLines(planted, source('flannel-vxlan'))).to.deep.equal(['ip link set cni0 promisc on']);
    });
  });
});

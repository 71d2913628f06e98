import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { plan } from '../../../src/plan/plan.ts';
import { findings, setUp } from '../../../src/prove/run.ts';
import { startNetns } from '../../../src/runtime/netns/index.ts';
import { smallLab } from '../../small-lab.ts';
import { needsNamespaces, type Stood, stand, twoHosts } from '../../stand.ts';

const text = async (lab: Stood, place: string, script: string) => {
  const { stdout, stderr, code } = await lab.runtime.script(place, script);
  expect(code, `${place}# ${script}: ${stderr}`).to.equal(0);
  return stdout.trim();
};

describe('a node in a namespace', () => {
  let lab: Stood;

  before(async function () {
    needsNamespaces(this);
    lab = await stand(smallLab());
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it('has the interfaces that its cables give it, with their addresses, and no others', async () => {
    const addresses = async (place: string) =>
      (JSON.parse(await text(lab, place, 'ip -j -4 addr')) as { ifname: string; addr_info: { local: string }[] }[]).map(
        ({ ifname, addr_info }) => `${ifname} ${addr_info.map(({ local }) => local)}`,
      );
    expect(await addresses('a')).to.deep.equal(['lo 127.0.0.1', 'eth0 10.0.0.1']);
    expect(await addresses('b')).to.have.members(['lo 127.0.0.1', 'eth0 10.0.0.2', 'veth 10.1.0.1']);
    expect(await addresses('pod')).to.deep.equal(['lo 127.0.0.1', 'eth0 10.1.0.2']);
  });

  it('has its own name, which its pods share', async () => {
    expect(await text(lab, 'a', 'hostname')).to.equal('a');
    expect(await text(lab, 'b', 'uname -n')).to.equal('b');
    expect(await text(lab, 'pod', 'hostname')).to.equal('b');
  });

  it('has its own files, which its pods share and nobody else sees', async () => {
    for (const file of [
      '/etc/packetwalk-test',
      '/run/packetwalk-test',
      '/var/packetwalk-test',
      '/tmp/packetwalk-test',
    ]) {
      await text(lab, 'b', `echo written > ${file}`);
      expect(await text(lab, 'pod', `cat ${file}`)).to.equal('written');
      expect(await text(lab, 'a', `[ -e ${file} ] || echo none`)).to.equal('none');
    }
    expect(await text(lab, 'a', 'head -1 /etc/passwd')).to.match(/^root:/);
  });

  it('keeps passing files in its own /tmp, wherever whoever stood it up keeps them', async () => {
    const { TMPDIR } = process.env;
    process.env.TMPDIR = '/nowhere';
    try {
      await using other = await stand(twoHosts());
      expect(await text(other, 'a', 'dirname $(mktemp)')).to.equal('/tmp');
    } finally {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    }
  });

  it('writes nowhere else, and sets nothing of the machine’s', async () => {
    for (const target of [
      '/packetwalk-test',
      '/usr/packetwalk-test',
      '/opt/packetwalk-test',
      '/proc/sys/vm/swappiness',
    ])
      expect((await lab.runtime.script('a', `echo 1 > ${target}`)).code, target).to.not.equal(0);
  });

  it('sees its own interfaces under /sys, and not the machine’s', async () => {
    expect((await text(lab, 'a', 'ls /sys/class/net')).split('\n').sort()).to.deep.equal(['eth0', 'lo']);
  });

  it('takes its settings without a process, and passes over those that its kernel has not', async () => {
    const settings = 'net.ipv4.conf.all.rp_filter=2 net.ipv4.no_such=1 net.ipv4.ip_forward=1';
    const { code } = await lab.runtime.run('a', [`sysctl -eqw ${settings}`]);
    expect(code).to.equal(0);
    const read = 'sysctl -n net.ipv4.conf.all.rp_filter net.ipv4.ip_forward';
    expect([await text(lab, 'a', read), await text(lab, 'b', read)]).to.deep.equal(['2\n1', '0\n0']);
  });

  it('names its pods as ip netns does', async () => {
    expect(await text(lab, 'b', 'ip netns list')).to.match(/^pod\b/);
    expect(await text(lab, 'b', 'ip netns exec pod ip -br -4 addr show eth0')).to.include('10.1.0.2/24');
  });

  it('runs lines in order until one fails, and says which, what it said and how it ended', async () => {
    const ran = await lab.runtime.run('a', ['echo one', 'echo two; echo no >&2; exit 3', 'echo three']);
    expect(ran).to.deep.equal({
      command: 'echo two; echo no >&2; exit 3',
      code: 3,
      stdout: 'one\ntwo\n',
      stderr: 'no\n',
    });
  });

  it('names the line of several ip commands that failed, and does not do those after it', async () => {
    const ran = await lab.runtime.run('a', [
      'true',
      'ip link add one type bridge',
      'ip link set one up',
      'ip link add one type bridge',
      'ip link add two type bridge',
    ]);
    expect(ran.command).to.equal('ip link add one type bridge');
    expect(ran.code).to.not.equal(0);
    expect(ran.stderr).to.equal('RTNETLINK answers: File exists\n');
    expect(await text(lab, 'a', 'ip -br link | grep -cE "^(one|two)"')).to.equal('1');
    await text(lab, 'a', 'ip link del one');
  });

  it('is the same after ip commands in one process as after one by one', async () => {
    const lines = [
      'ip link add one type bridge',
      'ip addr add 10.9.0.1/24 dev one',
      'ip link set one up',
      'ip route add 10.10.0.0/16 via 10.9.0.2',
      'ip link del one',
      'ip link add one type veth peer name two',
      'ip addr add 10.9.1.1/24 dev one',
      'ip link set one up',
      'ip link set two name three',
      'ip link add two type bridge',
      'ip link set three master two',
      'ip link set two up',
      'ip link set three up',
      'ip route add 10.11.0.0/16 via 10.9.1.2 dev one',
      'ip neigh add 10.9.1.2 lladdr 02:00:00:00:00:01 dev one nud permanent',
      'bridge fdb add 02:00:00:00:00:02 dev three master static',
      'bridge link set dev three learning off',
      'ip rule add from 10.9.1.1 lookup 100 pref 1000',
      'ip route add default via 10.9.1.3 table 100',
    ];
    const state = `ip route show table all | grep -E 'dev (one|two|three)' | sort
      ip -d -j link show one | sed -E 's/"(ifindex|address|link_index|group_fwd_mask|broadcast)":[^,]*,//g' | tr , '\\n' | grep -E 'ifname|kind|mtu'
      bridge -d link show dev three | grep -o 'learning [a-z]*' | head -1
      bridge fdb show dev three | grep 02:00:00:00:00:02
      ip neigh show dev one; ip rule`;
    const undo = 'ip link del one; ip link del two; ip rule del pref 1000';
    const together = await lab.runtime.run('a', lines);
    expect(together.code, `${together.command}: ${together.stderr}`).to.equal(0);
    const first = await text(lab, 'a', state);
    await text(lab, 'a', undo);
    for (const line of lines) await text(lab, 'a', line);
    expect(first).to.equal(await text(lab, 'a', state));
    expect(first).to.include('10.11.0.0/16 via 10.9.1.2 dev one').and.include('learning off');
    await text(lab, 'a', undo);
  });

  it('refuses a place that is none, in a sentence', async () => {
    const refused = await lab.runtime.run('nowhere', ['true']).then(String, (error: Error) => error.message);
    expect(refused).to.equal('no place nowhere');
  });

  it('keeps no more frames back in the kernel than it was told to', async () => {
    const buffer = /\brb(\d+)/.exec(await text(lab, 'a', 'ss -0mn'))?.[1];
    expect(Number(buffer)).to.be.within(1, 2 * (8 << 20));
  });

  it('is watched by one pair of eyes only: frames would be counted twice', async () => {
    const refused = await lab.runtime.listen(['a']).then(String, (error: Error) => error.message);
    expect(refused).to.equal('it listens already');
  });
});

describe('labs in namespaces', () => {
  beforeEach(function () {
    needsNamespaces(this);
  });

  it('do not see each other, though all their names and addresses are the same', async () => {
    await using one = await stand(twoHosts());
    await using other = await stand(twoHosts());
    await text(one, 'b', 'ip link set eth0 down; touch /run/here');
    expect(await text(other, 'b', 'ip -br link show eth0')).to.match(/ UP /);
    expect(await text(other, 'b', '[ -e /run/here ] || echo none')).to.equal('none');
    await one.watch.drain();
    await text(other, 'a', 'ping -c 1 -W 1 10.0.0.2');
    expect((await one.watch.drain()).seen).to.deep.equal([]);
    expect((await other.watch.drain()).seen.map(({ at }) => at)).to.include('b:eth0');
  });

  it('say at which step, node and command they failed, and what was said', async () => {
    const lab = smallLab();
    lab.setup.More = { a: 'true\nip route add 10.5.0.0/16 via 10.99.0.1\ntrue' };
    const planned = plan(lab, 'test');
    await using runtime = await startNetns(planned);
    const found = findings();
    expect(await setUp(planned, runtime, found, () => {})).to.equal(false);
    expect(found.steps.at(-1)).to.deep.include({
      title: 'More',
      verdict: 'failed',
      failure: {
        node: 'a',
        command: 'ip route add 10.5.0.0/16 via 10.99.0.1',
        output: 'Error: Nexthop has invalid gateway.',
      },
    });
    expect(found.steps.slice(0, -1).every(({ verdict }) => verdict === 'passed')).to.equal(true);
  });

  it('say which command of a step does not end', async () => {
    const lab = smallLab();
    lab.setup.More = { a: 'true\nping 10.0.0.2' };
    const planned = plan(lab, 'test');
    await using runtime = await startNetns(planned);
    const found = findings();
    expect(await setUp(planned, runtime, found, () => {}, 2000)).to.equal(false);
    expect(found.steps.at(-1)!.failure).to.include({ node: 'a', command: 'ping 10.0.0.2' });
    expect(found.steps.at(-1)!.failure!.output).to.match(/it was killed: it did not end in time$/);
  });

  it('say why they cannot start, and leave nothing running', async () => {
    const planned = { ...plan(twoHosts(), 'test'), nodes: [{ name: 'a/b', kind: 'host' as const }] };
    const children = () => readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
    const before = children();
    const refused = await startNetns(planned).then(String, (error: Error) => error.message);
    expect(refused).to.match(/a\/b/);
    expect(children()).to.equal(before);
  });

  it('outlast a broadcast storm: what is captured has an end', async () => {
    const loop = twoHosts();
    Object.assign(loop.nodes, { left: 'switch', right: 'switch' });
    loop.links = [
      'a:eth0 10.0.0.1/24 -- left',
      'b:eth0 10.0.0.2/24 -- right',
      'left:one -- right:one',
      'left:two -- right:two',
    ];
    await using lab = await stand(loop, 1 << 16);
    await lab.runtime.script('a', 'ping -c 1 -W 0.2 10.0.0.9');
    let seen = 0;
    while (seen <= 100) seen += (await lab.watch.drain()).seen.length;
  });
});

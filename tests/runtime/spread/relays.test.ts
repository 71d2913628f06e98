import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import type { Lab } from '../../../src/index.ts';
import { plan } from '../../../src/plan/plan.ts';
import { findings, setUp } from '../../../src/prove/run.ts';
import { startOnHosts } from '../../../src/runtime/hosts.ts';
import { local } from '../../../src/runtime/machine/local.ts';
import { rootless } from '../../../src/runtime/netns/index.ts';
import type { Capture, Frame, Runtime } from '../../../src/runtime/runtime.ts';
import { needsNamespaces, twoHosts } from '../../stand.ts';

/** A lab over two sandboxes of this machine, `one` with these nodes and `two` with all others; `before` is what starts them. */
async function spread(lab: Lab, ofOne: string[], before: string[] = []): Promise<Runtime> {
  const planned = plan(lab, 'test');
  const ofTwo = planned.nodes.map(({ name }) => name).filter((name) => !ofOne.includes(name));
  const hosts = [ofOne, ofTwo].map((nodes, i) => ({
    machine: { ...local, name: ['one', 'two'][i]!, start: (argv: string[]) => local.start([...before, ...argv]) },
    kernel: 'this kernel',
    rootless,
    nodes,
  }));
  const { close, ...work } = await startOnHosts(planned, hosts);
  const runtime = { ...work, name: 'spread', rootless, [Symbol.asyncDispose]: close } as unknown as Runtime;
  const found = findings();
  try {
    if (await setUp(planned, runtime, found, () => {})) return runtime;
    throw new Error(JSON.stringify(found.steps.at(-1)));
  } catch (error) {
    await close();
    throw error;
  }
}

/** Sends a frame, in hexadecimal, as it is. */
const sendFrame = (device: string, hex: string) =>
  `index=$(cat /sys/class/net/${device}/ifindex) perl -e '
socket(my $s, 17, 3, 0) or die $!; my $to = pack("S n l S C C a8", 17, 3, $ENV{index}, 1, 0, 6, "");
defined send($s, pack("H*", "${hex}"), 0, $to) or die $!'`;

const FROM = '020000000001';
const TO = '020000000002';
const EXPERIMENT = '88b5';
const ARP = 0x0806;
const frames = {
  'of LLDP, which a bridge keeps': `0180c200000e${FROM}88cc${'00'.repeat(50)}`,
  'of IS-IS, in IEEE 802.3': `0180c2000014${FROM}0030fefe03${'83'.repeat(45)}`,
  'with a VLAN tag and a priority': `${TO}${FROM}8100600a${EXPERIMENT}${'2a'.repeat(50)}`,
  'with a service tag and another': `${TO}${FROM}88a8001481006015${EXPERIMENT}${'2b'.repeat(50)}`,
  'of 9,001 bytes': `${TO}${FROM}${EXPERIMENT}${'2c'.repeat(8987)}`,
};

describe('A cable between two machines', function () {
  this.timeout(60_000);
  let runtime: Runtime;
  let capture: Capture;

  before(async function () {
    needsNamespaces(this);
    runtime = await spread(twoHosts(), ['a']);
    capture = await runtime.listen(['a', 'b']);
  });
  after(() => runtime?.[Symbol.asyncDispose]());

  const typed = async (place: string, script: string) => {
    const { code, stdout, stderr } = await runtime.script(place, script);
    return { code, said: `${stdout}${stderr}` };
  };

  /** What is captured until nothing is under way any more, but for ARP: a kernel may ask again for a neighbour at any time. */
  const seen = async (): Promise<Frame[]> => {
    while (await runtime.backlog());
    return (await capture.drain()).frames.filter(({ bytes }) => bytes.readUInt16BE(12) !== ARP);
  };

  const of = async (device: 'a' | 'b') =>
    (await runtime.interfaces([device])).get(device)!.find((each) => each.name === 'eth0');

  it('carries a ping of full MTU that must not be fragmented, and no larger one', async () => {
    expect(await typed('a', 'ping -c 1 -M do -s 1472 10.0.0.2')).to.include({ code: 0 });
    expect((await typed('a', 'ping -c 1 -M do -s 1473 10.0.0.2')).said).to.include('too long');
  });

  it('has checksums in its frames, and carries what comes in parts', async () => {
    const server = `perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(Listen => 1, LocalPort => 7); print "ready\n"; close STDOUT;
      $c = $s->accept; 1 while $n += sysread $c, $b, 65536 and $b ne ""; open F, ">", "/run/got"; print F $n; close F' > /run/ready &
      until grep -q ready /run/ready 2>/dev/null; do :; done`;
    await typed('b', server);
    await typed(
      'a',
      `perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new("10.0.0.2:7") or die; print $s "x" x 3000000; close $s'`,
    );
    await typed('b', 'until test -s /run/got; do :; done');
    expect((await typed('b', 'cat /run/got')).said).to.equal('3000000');
    const segments = (await seen()).filter(({ place, bytes }) => place === 'a' && bytes[23] === 6);
    expect(Math.max(...segments.map(({ bytes }) => bytes.length))).to.equal(1514);
  });

  for (const [what, hex] of Object.entries(frames))
    it(`carries a frame ${what}, as it is`, async () => {
      for (const place of ['a', 'b']) await typed(place, 'ip link set dev eth0 mtu 9000');
      await seen();
      expect(await typed('a', sendFrame('eth0', hex))).to.deep.equal({ code: 0, said: '' });
      const came = (await seen()).filter(({ place, direction }) => place === 'b' && direction !== 'out');
      expect(came.map(({ bytes }) => bytes.toString('hex'))).to.deep.equal([hex]);
    });

  it('carries nothing that is larger than the far interface takes', async () => {
    await typed('b', 'ip link set dev eth0 mtu 1500');
    await seen();
    await typed('a', sendFrame('eth0', frames['of 9,001 bytes']));
    expect((await seen()).filter(({ place }) => place === 'b')).to.deep.equal([]);
  });

  it('keeps frames in their order', async () => {
    await seen();
    await typed(
      'a',
      `perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(Proto => "udp", PeerAddr => "10.0.0.2:9"); print $s pack "N", $_ for 1 .. 500'`,
    );
    const numbers = (await seen())
      .filter(({ place, bytes }) => place === 'b' && bytes[23] === 17)
      .map(({ bytes }) => bytes.readUInt32BE(42));
    expect(numbers.length).to.be.above(0);
    expect(numbers).to.deep.equal([...numbers].sort((one, other) => one - other));
  });

  for (const [one, other] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const)
    it(`loses its carrier at ${other} once ${one} is switched off, and has it again`, async () => {
      await typed(one, 'ip link set dev eth0 down');
      expect(await of(other)).to.include({ isOn: true, hasCarrier: false });
      await typed(other, 'ip link set dev eth0 down; ip link set dev eth0 up');
      expect(await of(other)).to.include({ isOn: true, hasCarrier: false });
      await typed(one, 'ip link set dev eth0 up');
      expect(await of(other)).to.include({ isOn: true, hasCarrier: true });
      expect(await of(one)).to.include({ isOn: true, hasCarrier: true });
      // A kernel sends by an interface once linkwatch has acted upon its carrier.
      for (const each of [one, other]) while (!(await of(each))?.isRunning);
      expect(await typed('a', 'ping -c 1 10.0.0.2')).to.include({ code: 0 });
    });

  it('says how many frames a machine had no room for', async () => {
    // Whoever is known has no frame wait for ARP, and be dropped there.
    for (const place of ['a', 'b']) await typed(place, 'ip neigh flush dev eth0');
    expect(await typed('a', 'ping -c 1 10.0.0.2')).to.include({ code: 0 });
    await seen();
    const sent = 60_000;
    // A socket that is not connected is told of no refusal: nothing of what it sends fails.
    const flood = `perl -MSocket -e 'socket $s, PF_INET, SOCK_DGRAM, 0; $to = pack_sockaddr_in 9, inet_aton "10.0.0.2";
      defined send $s, "x" x 1400, 0, $to or die $! for 1 .. ${sent}'`;
    expect(await typed('a', flood)).to.deep.equal({ code: 0, said: '' });
    let came = 0;
    let lost = 0;
    for (let more = 1; more; ) {
      more = await runtime.backlog();
      const { frames, drops } = await capture.drain();
      came += frames.filter(({ place, bytes }) => place === 'b' && bytes[23] === 17).length;
      lost += (drops.a ?? 0) + (drops.b ?? 0);
      more += frames.length;
    }
    expect(lost > 0 || came === sent, `${came} came, ${lost} lost`).to.equal(true);
  });

  it('cannot be had where packet sockets cannot, which is told with the name of the machine', async function () {
    if (rootless) {
      this.test!.title += ' (skipped: whoever is root in a user namespace has every capability there)';
      this.skip();
    }
    const cannot = await spread(twoHosts(), ['a'], ['setpriv', '--bounding-set', '-net_raw']).then(
      async (stood) => void (await stood[Symbol.asyncDispose]()),
      (error: Error) => error.message,
    );
    expect(cannot).to.match(/^(one|two) cannot relay the cable of (a|b): cannot open a packet socket: /);
  });

  it('is gone at both ends once one is removed', async () => {
    await typed('b', 'ip link del eth0');
    expect(await of('a')).to.equal(undefined);
  });

  it('is gone at both ends, though its machine had no room for all that the kernel said meanwhile', async () => {
    const others = childrenOf(process.pid);
    await using stands = await spread(twoHosts(), ['a']);
    const agents = childrenOf(process.pid)
      .filter((pid) => !others.includes(pid))
      .flatMap(childrenOf);
    const [agent] = agents;
    const held = 'ip -o link show type veth | sed "s/^[0-9]*: \\([^@:]*\\).*/\\1/" | head -1';
    const much =
      'ip link add x0 type veth peer name x1; for i in $(seq 3000); do echo link set x0 mtu $((1400 + i % 2)); done | ip -batch -';
    const enter = [`--target=${agent}`, ...(rootless ? ['--user', '--preserve-credentials'] : []), '--net'];
    process.kill(agent!, 'SIGSTOP');
    try {
      const words = [...enter, 'sh', '-c', `end=$(${held}); ${much}; ip link del $end`];
      expect(spawnSync('nsenter', words, { encoding: 'utf8' })).to.include({ status: 0 });
    } finally {
      process.kill(agent!, 'SIGCONT');
    }
    for (const place of ['a', 'b'])
      while ((await stands.interfaces([place])).get(place)!.some(({ name }) => name === 'eth0')) await setImmediate();
  });
});

/** The processes that a process started. */
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

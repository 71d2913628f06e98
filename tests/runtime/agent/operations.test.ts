import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { find } from '../../../src/machine/programs.ts';
import { kill, lives, startTicks } from '../../../src/runtime/machine/process.ts';
import { reenterSandbox, startSandbox } from '../../../src/runtime/netns/sandbox.ts';
import type { Capture, Frame, Trace } from '../../../src/runtime/runtime.ts';
import { planned, type Standing, skip, standFor, until, users } from './on-the-kernel.ts';

const refusal = (answer: Promise<unknown>): Promise<string> => answer.then(String, (error: Error) => error.message);

/** Sends a frame, in hexadecimal, out of an interface by a packet(7) socket, as it is. */
const sendFrame = (index: number, hex: string) => [
  'perl',
  '-e',
  `socket(my $s, 17, 3, 0) or die $!; my $to = pack('S n l S C C a8', 17, 3, ${index}, 1, 0, 6, '');
   defined send($s, pack('H*', '${hex}'), 0, $to) or die $!`,
];

const BROADCAST = 'ffffffffffff';
const SENDER = '020000000001';
/** Priority 3, VLAN 10 (IEEE 802.1Q), and what is in it: a protocol for experiments (IEEE 802, local experimental). */
const TAGGED = `${BROADCAST}${SENDER}8100600a88b5${'2a'.repeat(46)}`;
const SERVICE_TAGGED = `${BROADCAST}${SENDER}88a80014${'81006015'}88b5${'2b'.repeat(46)}`;
const UNTAGGED = `${BROADCAST}${SENDER}88b5${'2c'.repeat(46)}`;

for (const user of users)
  describe(`an agent of ${user.who}`, () => {
    let stood: Standing;
    let capture: Capture;

    before(async function () {
      skip(this, user.cannot);
      stood = await standFor(user);
      capture = await stood.work.listen(['a', 'b', 'pod']);
    });
    after(() => stood?.sandbox.agent.close());

    /** All that is captured until something is. */
    const seen = async (isThere: (frames: Frame[], traces: Trace[]) => boolean) => {
      const all: { frames: Frame[]; traces: Trace[] } = { frames: [], traces: [] };
      await until(
        async () => {
          const { frames, traces } = await capture.drain();
          all.frames.push(...frames);
          all.traces.push(...traces);
        },
        () => isThere(all.frames, all.traces),
      );
      return all;
    };

    const device = async (place: string, name: string) =>
      (await stood.work.interfaces([place])).get(place)!.find((each) => each.name === name)!;

    it('is the first process of a sandbox, whose files are read-only', async () => {
      const { agent, key } = stood.sandbox;
      expect(startTicks(key.pid)).to.equal(key.startTicks);
      const ran = await agent.run('', [{ argv: ['sh', '-c', 'echo $PPID; ls /run; touch /usr/packetwalk-left'] }]);
      expect(ran.stdout).to.equal('1\nlock\nnetns\npacketwalk\n');
      expect(ran.code).to.not.equal(0);
      expect(ran.stderr).to.include('Read-only file system');
    });

    it('gives nodes a name and files of their own, and their pods the same', async () => {
      await stood.says('b', 'echo mine > /etc/mine');
      expect(await stood.says('a', 'hostname; ls /etc/mine 2> /dev/null || echo none')).to.equal('a\nnone');
      expect(await stood.says('pod', 'hostname; cat /etc/mine')).to.equal('b\nmine');
    });

    it('runs lines in order until one fails', async () => {
      const ran = await stood.work.run('pod', ['echo one', 'echo two >&2; exit 3', 'echo three']);
      expect(ran).to.deep.equal({ command: 'echo two >&2; exit 3', code: 3, stdout: 'one\n', stderr: 'two\n' });
    });

    describe('with a command that is not awaited to its end', () => {
      const ready = (place: string, file: string) => stood.says(place, `until [ -e /tmp/${file} ]; do :; done`);

      it('kills it when its time is up', async () => {
        expect((await stood.work.script('a', 'sleep 1000', { timeoutMs: 50 })).code).to.equal(137);
      });

      it('interrupts it when it is told to, and the command ends as it pleases', async () => {
        const stop = new AbortController();
        const script = 'trap "echo its last words; exit 3" INT; touch /tmp/trapped; while :; do :; done';
        const running = stood.work.script('a', script, { signal: stop.signal, timeoutMs: 600_000 });
        await ready('a', 'trapped');
        stop.abort();
        expect(await running).to.include({ code: 3, stdout: 'its last words\n' });
        expect(getEventListeners(stop.signal, 'abort')).to.deep.equal([]);
      });

      it('interrupts also what has made a group of its own, as timeout(1) does', async () => {
        const stop = new AbortController();
        // A shell may lose a signal between a fork and its exec: whoever says that it is ready is whoever is interrupted.
        const script = `timeout 600 perl -e 'open(F, ">", "/tmp/grouped"); sleep 600'`;
        const running = stood.work.script('a', script, { signal: stop.signal, timeoutMs: 20_000 });
        await ready('a', 'grouped');
        stop.abort();
        expect(await running).to.include({ code: 130 });
      });

      it('kills also what has made a group of its own, when its time is up', async () => {
        const script = "timeout 600 sh -c 'echo $$ > /tmp/killed; sleep 600'; true";
        expect((await stood.work.script('a', script, { timeoutMs: 500 })).code).to.equal(137);
        // It is there until somebody has asked how it ended.
        const gone = 'until ! kill -0 $(cat /tmp/killed) 2>/dev/null; do :; done; echo it is gone';
        expect(await stood.says('a', gone)).to.equal('it is gone');
      });

      it('waits for an interrupted line, and runs none after it', async () => {
        const stop = new AbortController();
        const slow = 'trap "echo its last words; exit 0" INT; touch /tmp/slow; while :; do :; done';
        const running = stood.work.run('a', [slow, 'echo never'], { signal: stop.signal });
        await ready('a', 'slow');
        stop.abort();
        expect(await running).to.include({ command: slow, code: 130, stdout: 'its last words\n' });
      });

      it('interrupts it at once when it was told to before', async () => {
        const ran = stood.work.run('a', ['sleep 1000', 'echo never'], { signal: AbortSignal.abort() });
        expect(await ran).to.include({ code: 130, stdout: '' });
      });
    });

    it('lists interfaces, and by which number a namespace knows that of a cable’s other end', async () => {
      const here = await until(
        () => device('a', 'eth0'),
        ({ isUp }) => isUp,
      );
      const there = await device('b', 'eth0');
      expect(here).to.include({ kind: 'veth', isUp: true, hasCarrier: true, mtu: 1500 });
      const ids = await stood.work.netnsIds('a', ['b', 'pod']);
      expect(ids).to.deep.equal(
        new Map([
          ['b', here.link!.netnsid!],
          ['pod', -1],
        ]),
      );
      expect(here.link).to.deep.equal({ index: there.index, netnsid: ids.get('b') });
      const inPod = await device('pod', 'eth0');
      expect(inPod.link!.netnsid).to.equal((await stood.work.netnsIds('pod', ['b'])).get('b'));
    });

    describe('capturing', () => {
      beforeEach(() => capture.drain());

      it('sees more frames than it reads at once, each once and whole, in order and in time', async () => {
        const began = BigInt(Date.now()) * 1_000_000n;
        await stood.says('a', 'ping -q -f -c 200 -s 1000 10.0.0.2');
        const { frames } = await seen((all) => all.filter(({ place }) => place === 'a').length >= 400);
        const requests = frames.filter(({ place, bytes }) => place === 'b' && bytes[23] === 1 && bytes[34] === 8);
        expect(requests.map(({ bytes }) => bytes.readUInt16BE(40))).to.deep.equal(
          Array.from({ length: 200 }, (_, i) => i + 1),
        );
        for (const { bytes, direction, hardwareType } of requests)
          expect({ length: bytes.length, direction, hardwareType }).to.deep.equal({
            ...{ length: 1042, direction: 'in', hardwareType: 1 },
          });
        const times = requests.map(({ time }) => time);
        expect(times).to.deep.equal([...times].sort((a, b) => Number(a - b)));
        expect(times[0]! >= began && times.at(-1)! < BigInt(Date.now() + 1) * 1_000_000n).to.equal(true);
      });

      it('sees the largest frame that there is', async () => {
        await stood.says('a', 'ping -q -c 1 -s 65507 127.0.0.1');
        const { frames } = await seen((all) => all.some(({ bytes }) => bytes.length > 65_000));
        expect(Math.max(...frames.map(({ bytes }) => bytes.length))).to.equal(14 + 65_535);
      });

      it('counts what the kernel drops for want of room', async () => {
        const { sandbox } = stood;
        const other = await reenterSandbox(user.machine, 'test', sandbox.key);
        await other.agent.ask('place', 'here', '', '', '', '/run/netns/a');
        const narrow = await other.agent.listen(['here'], 1);
        await stood.says('a', 'ping -q -f -c 500 -s 1400 10.0.0.2');
        expect((await narrow.drain()).drops.here).to.be.above(0);
        expect((await narrow.drain()).drops.here).to.equal(0);
        await other.agent.close();
      });

      it('leaves out what is to be ignored, and nothing else, until it is told to take all again', async () => {
        const says = (text: string, port = 7000, options = '') =>
          stood.says('a', `printf '${text}' | socat -u - UDP4-SENDTO:10.0.0.2:${port},sourceport=6000${options}`);
        const ports: [number, number] = [6000, 7000];
        const flow = { protocol: 17, src: '10.0.0.1', dst: '10.0.0.2', ports, offset: 0 };
        const unlessEnding = [Buffer.from('kept').readUInt32BE(0)];
        // Nobody listens there: the kernel's own refusals quote what was sent.
        const words = ({ bytes }: Frame) =>
          bytes[23] === flow.protocol && /ignored|(is )?kept|another|later/.exec(bytes.toString('latin1'))?.[0];
        await capture.ignore({ flows: [[flow]], unlessEnding });
        await says('ignored');
        await says('this is kept');
        await says('another', 7001);
        const filtered = await seen((all) => all.filter((each) => words(each) === 'another').length >= 2);
        expect(filtered.frames.flatMap((each) => words(each) || [])).to.have.members([
          ...['is kept', 'is kept'],
          ...['another', 'another'],
        ]);
        await capture.ignore('all');
        await says('kept');
        await capture.ignore();
        await says('later');
        const { frames } = await seen((all) => all.filter((each) => words(each) === 'later').length >= 2);
        expect(frames.flatMap((each) => words(each) || [])).to.deep.equal(['later', 'later']);
      });

      for (const [what, hex] of [
        ['a VLAN tag', TAGGED],
        ['two VLAN tags', SERVICE_TAGGED],
        ['no VLAN tag', UNTAGGED],
      ] as const)
        it(`sees a frame with ${what} as it was sent, at both ends of a cable`, async () => {
          const { index } = await device('a', 'eth0');
          expect(await stood.sandbox.agent.run('a', [{ argv: sendFrame(index, hex) }])).to.include({ code: 0 });
          const own = ({ bytes }: Frame) => bytes.subarray(6, 12).toString('hex') === SENDER;
          const { frames } = await seen((all) => all.filter(own).length >= 2);
          expect(
            frames.filter(own).map(({ place, direction, bytes }) => [place, direction, bytes.toString('hex')]),
          ).to.have.deep.members([
            ['a', 'out', hex],
            ['b', 'in', hex],
          ]);
        });

      it('sees the tags of VLAN interfaces on the cable below them, both when they go out and when they come in', async function () {
        const vlan = 'ip link add link eth0 name eth0.10 type vlan id 10';
        const { code, stderr } = await stood.work.script('a', vlan);
        if (code) skip(this, `this kernel has no VLAN interfaces: ${stderr.trim()}`);
        await stood.says('b', vlan);
        for (const [i, place] of ['a', 'b'].entries())
          await stood.says(place, `ip addr add 10.10.0.${i + 1}/24 dev eth0.10; ip link set eth0.10 up`);
        await stood.says('a', 'until ping -q -c 1 -W 1 10.10.0.2; do :; done');
        const isTagged = ({ bytes }: Frame) => bytes.subarray(12, 18).toString('hex') === '8100000a0800';
        const { frames } = await seen((all) => all.filter(isTagged).length >= 4);
        const ways = frames.filter(isTagged).map(({ place, direction }) => `${place} ${direction}`);
        expect(ways).to.include.members(['a out', 'b in', 'b out', 'a in']);
        for (const place of ['a', 'b']) await stood.says(place, 'ip link del eth0.10');
      });

      it('is told by netfilter of packets that a rule traces, once, where it was asked to listen for it', async function () {
        if (!find('nft')) skip(this, 'nft is missing');
        const rules = (hook: string) =>
          `table ip t { chain c { type filter hook ${hook} priority 0; ip protocol icmp meta nftrace set 1; }; }`;
        const told = async () => {
          await stood.says('b', `nft '${rules('input')}'`);
          await stood.says('a', `nft '${rules('output')}'; ping -q -c 1 10.0.0.2; nft delete table ip t`);
          await stood.says('b', 'nft delete table ip t');
          return (await capture.drain()).traces.map(({ place }) => place);
        };
        expect(await told()).to.deep.equal([]);
        await capture.trace(['a']);
        const once = await told();
        expect(new Set(once)).to.deep.equal(new Set(['a']));
        await Promise.all([capture.trace(['a']), capture.trace(['b', 'a', 'b']), capture.trace([])]);
        const both = await told();
        expect(both.filter((place) => place === 'a')).to.deep.equal(once);
        expect(both.filter((place) => place === 'b')).to.have.length(once.length);
        expect(Object.keys((await capture.drain()).drops)).to.deep.equal(['a', 'b', 'pod']);
      });

      it('refuses to trace where nobody listens', async () => {
        expect(await refusal(capture.trace(['a', 'nowhere']))).to.equal('nobody listens in nowhere');
      });
    });

    describe('probing', () => {
      const echo = (address: string, text: string) => ({ address, data: Buffer.from(text) });
      const heard = async (place: string) => (await stood.work.heard(place)).map(String);

      it('hears what the answers to its echo requests carry, and after new ones those alone', async () => {
        expect(await heard('pod')).to.deep.equal([]);
        const sent = [echo('10.0.0.1', 'one'), echo('10.1.0.1', 'two')];
        expect(await stood.work.probe('pod', sent)).to.deep.equal(['', '']);
        expect(
          await until(
            () => heard('pod'),
            ({ length }) => length === 2,
          ),
        ).to.have.members(['one', 'two']);
        expect(await heard('pod')).to.have.members(['one', 'two']);
        await stood.work.probe('pod', [echo('10.1.0.1', 'three')]);
        expect(
          await until(
            () => heard('pod'),
            ({ length }) => length > 0,
          ),
        ).to.deep.equal(['three']);
      });

      it('shows no socket of its own to a command, and keeps what it heard before', async () => {
        await stood.work.probe('pod', [echo('10.1.0.1', 'before')]);
        expect(
          await until(
            () => heard('pod'),
            ({ length }) => length > 0,
          ),
        ).to.deep.equal(['before']);
        expect(await stood.says('pod', 'tail -n +2 /proc/net/raw; ping -q -c 1 10.1.0.1 > /dev/null')).to.equal('');
        expect(await heard('pod')).to.deep.equal(['before']);
      });

      it('does not hear answers that INPUT drops, though they arrive', async () => {
        await capture.drain();
        await stood.says('pod', 'iptables -A INPUT -p icmp --icmp-type echo-reply -s 10.0.0.1 -j DROP');
        await stood.work.probe('pod', [echo('10.0.0.1', 'lost'), echo('10.1.0.1', 'last')]);
        await seen((all) =>
          all.some(
            ({ place, bytes }) =>
              place === 'pod' && bytes.subarray(42, 46).equals(Buffer.from('lost')) && bytes[34] === 0,
          ),
        );
        expect(
          await until(
            () => heard('pod'),
            ({ length }) => length > 0,
          ),
        ).to.deep.equal(['last']);
        await stood.says('pod', 'iptables -F INPUT');
      });

      it('tells what the kernel says of what cannot be sent', async () => {
        expect(await stood.work.probe('b', [echo('192.0.2.1', ''), echo('10.0.0.1', '')])).to.deep.equal([
          'Network is unreachable',
          '',
        ]);
      });
    });

    it('names devices whose IPv6 addresses are tentative, until they are not', async () => {
      const named = async () => Object.fromEntries(await stood.work.tentative(['a', 'pod']));
      await until(named, ({ a, pod }) => !a!.length && !pod!.length);
      await stood.says(
        'pod',
        `ip link add one type veth peer name two; ip link set one up
        ip addr add 2001:db8:2::1/64 dev one; ip addr add 2001:db8:2::2/64 dev one`,
      );
      expect(await named()).to.deep.equal({ a: [], pod: ['one'] });
      await stood.says('pod', 'ip link set two up');
      await until(named, ({ pod }) => !pod!.length);
      await stood.says('pod', 'ip link del one');
    });

    describe('reading files', () => {
      const COUNTERS = ['snmp', 'netstat', 'dev', 'softnet_stat', 'no_such'].map((name) => `/proc/self/net/${name}`);
      const echoesIn = (snmp = '') => Number(snmp.match(/^Icmp: \d.*/m)![0].split(' ')[1]);

      it('tells of each place what its own namespace counts, and leaves out what is not there', async () => {
        const before = await stood.work.read(['a', 'pod', 'b'], COUNTERS);
        expect([...before.keys()]).to.have.members(['a', 'b', 'pod']);
        for (const files of before.values()) expect([...files.keys()]).to.deep.equal(COUNTERS.slice(0, -1));
        expect(before.get('a')!.get('/proc/self/net/dev')).to.include('eth0:').and.not.include('veth:');
        expect(before.get('b')!.get('/proc/self/net/dev')).to.include('eth0:').and.include('veth:');
        await stood.says('a', 'ping -q -c 3 10.0.0.2');
        const after = await stood.work.read(['a', 'b', 'pod'], ['/proc/self/net/snmp']);
        const more = ['a', 'b', 'pod'].map((place) => {
          const [then, now] = [before, after].map((all) => echoesIn(all.get(place)!.get('/proc/self/net/snmp')));
          return now! - then!;
        });
        expect(more).to.deep.equal([3, 3, 0]);
      });

      it('finds the settings of every interface by a pattern', async () => {
        await stood.says('b', 'sysctl -qw net.ipv4.conf.veth.rp_filter=2');
        const pattern = '/proc/sys/net/ipv4/conf/*/rp_filter';
        const found = (await stood.work.read(['b'], [pattern, '/proc/sys/net/ipv4/conf/v*h/tag'])).get('b')!;
        const of = (device: string) => pattern.replace('*', device);
        expect([...found.keys()]).to.include.members(['all', 'default', 'eth0', 'lo', 'veth'].map(of));
        expect(found.get(of('veth'))).to.equal('2\n');
        expect(found.get('/proc/sys/net/ipv4/conf/veth/tag')).to.equal('0\n');
        expect([...(await stood.work.read(['a'], [pattern])).get('a')!.keys()]).to.not.include(of('veth'));
        await stood.says('b', 'sysctl -qw net.ipv4.conf.veth.rp_filter=0');
      });

      it('takes no character of a pattern but * for more than itself', async () => {
        await stood.says('b', 'ip link add v.th type veth peer name v+th');
        const found = (pattern: string) => stood.work.read(['b'], [`/proc/sys/net/ipv4/conf/${pattern}/tag`]);
        const names = async (pattern: string) =>
          [...(await found(pattern)).get('b')!.keys()].map((path) => path.split('/')[6]);
        expect(await names('v.th*')).to.deep.equal(['v.th']);
        expect(await names('v+th')).to.deep.equal(['v+th']);
        expect(await names('*+*')).to.deep.equal(['v+th']);
        expect(await names('v?th')).to.deep.equal([]);
        await stood.says('b', 'ip link del v.th');
      });

      it('waits for nothing that is no file, and cuts what never ends', async () => {
        const file = `/run/packetwalk/read-${process.pid}`;
        const { agent } = stood.sandbox;
        const script = `mkdir ${file} && mkfifo ${file}/pipe && head -c 2000000 /dev/zero > ${file}/long && : > ${file}/empty`;
        expect(await agent.run('', [{ argv: ['sh', '-c', script] }])).to.include({ code: 0 });
        const found = (await stood.work.read(['a'], [`${file}/*`, '/dev/zero', file, '/etc/passwd'])).get('a')!;
        expect([...found].map(([path, text]) => [path, text.length])).to.deep.equal([
          [`${file}/empty`, 0],
          [`${file}/long`, 1 << 20],
          ['/etc/passwd', found.get('/etc/passwd')!.length],
        ]);
        await agent.run('', [{ argv: ['rm', '-r', file] }]);
      });

      it('starts no process', async () => {
        const { agent } = stood.sandbox;
        const next = async () => Number((await agent.run('', [{ argv: ['sh', '-c', 'echo $$'] }])).stdout);
        const first = await next();
        for (let i = 0; i < 20; i++) await stood.work.read(['a', 'b', 'pod'], COUNTERS);
        expect((await next()) - first).to.equal(1);
      });
    });

    it('does not call tentative what another has already', async () => {
      await stood.says('a', 'ip addr add 2001:db8::2/64 dev eth0');
      await until(
        () => stood.says('a', 'ip -6 addr show dev eth0'),
        (text) => text.includes('dadfailed'),
      );
      expect((await stood.work.tentative(['a'])).get('a')).to.deep.equal([]);
      await stood.says('a', 'ip addr del 2001:db8::2/64 dev eth0');
    });

    describe('making nodes forget', () => {
      it('takes learned neighbours away, and leaves those that somebody entered', async () => {
        const kept = ['10.0.0.7 permanent', '10.0.0.8 noarp', '2001:db8::7 permanent'];
        for (const each of kept)
          await stood.says(
            'a',
            `ip neigh add ${each.split(' ')[0]} lladdr 02:00:00:00:00:07 dev eth0 nud ${each.split(' ')[1]}`,
          );
        await stood.says('a', 'ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:07 dev eth0 nud reachable extern_learn');
        await stood.says('a', 'ip neigh add proxy 10.0.0.10 dev eth0; ping -q -c 1 10.0.0.2; ping -q -c 1 2001:db8::2');
        const known = async (place: string, words = '') =>
          (await stood.says(place, `ip neigh show ${words} nud all`)).split('\n').map((line) => line.split(' ')[0]);
        const before = await known('a', 'dev eth0');
        expect(before).to.include.members(['10.0.0.2', '2001:db8::2']);
        expect(await known('b')).to.include('10.0.0.1');
        await stood.work.forget(['a'], []);
        const after = await known('a', 'dev eth0');
        expect(after).to.include.members(['10.0.0.7', '10.0.0.8', '10.0.0.9', '2001:db8::7']);
        expect(after).to.not.include.members(['10.0.0.2']);
        expect(after).to.not.include.members(['2001:db8::2']);
        expect(await stood.says('a', 'ip neigh show proxy')).to.include('10.0.0.10');
        expect(await known('b')).to.include('10.0.0.1');
        await stood.says('a', 'ip neigh flush dev eth0 nud all; ip neigh del proxy 10.0.0.10 dev eth0');
      });

      for (const address of ['10.1.0.2', '2001:db8:1::2'])
        it(`has them find the path’s MTU to ${address} anew`, async () => {
          const mtu = async () => / mtu (\d+)/.exec(await stood.says('a', `ip route get ${address}`))?.[1];
          expect(await mtu()).to.equal(undefined);
          await stood.work.script('a', `ping -q -c 1 -W 1 -M do -s 1440 ${address}`);
          expect(await until(mtu, (found) => found !== undefined)).to.equal('1400');
          await stood.work.forget(['a'], []);
          expect(await mtu()).to.equal(undefined);
        });

      it('takes tracked connections away, those of the given flows and no others', async function () {
        if (!find('conntrack')) skip(this, 'conntrack is missing');
        const state = '-m conntrack --ctstate NEW -j ACCEPT';
        await stood.says('a', `iptables -A OUTPUT ${state}; ip6tables -A OUTPUT ${state}`);
        const track = async () => {
          for (const to of ['10.0.0.2', '10.1.0.2', '2001:db8::2', '2001:db8:1::2'])
            await stood.says('a', `ping -q -c 1 ${to}`);
        };
        const tracked = async () =>
          (await stood.says('a', 'conntrack -L 2> /dev/null'))
            .split('\n')
            .flatMap((line) => / dst=(\S+)/.exec(line)?.[1] ?? [])
            .sort();
        const all = ['10.0.0.2', '10.1.0.2', '2001:db8:1::2', '2001:db8::2'];
        await track();
        expect(await tracked()).to.deep.equal(all);
        await stood.work.forget(['b'], [{ protocol: 1, src: '10.0.0.1', dst: '10.0.0.2' }]);
        await stood.work.forget(
          ['a'],
          [
            { protocol: 17, src: '10.0.0.1', dst: '10.0.0.2' },
            { protocol: 1, src: '10.0.0.1', dst: '10.0.0.3' },
          ],
        );
        expect(await tracked()).to.deep.equal(all);
        await stood.work.forget(
          ['a'],
          [
            { protocol: 1, src: '10.0.0.1', dst: '10.0.0.2' },
            { protocol: 58, src: '2001:db8:1:0::2', dst: '2001:db8::1' },
          ],
        );
        expect(await tracked()).to.deep.equal(['10.1.0.2', '2001:db8::2']);
        await stood.says('a', 'iptables -F OUTPUT; ip6tables -F OUTPUT');
      });

      it('takes tracked connections away in whichever zone they are', async function () {
        if (!find('conntrack')) skip(this, 'conntrack is missing');
        const { code, stderr } = await stood.work.script('a', 'iptables -t raw -A OUTPUT -p icmp -j CT --zone 5');
        if (code) skip(this, `this kernel has no zones of connections: ${stderr.trim()}`);
        await stood.says('a', 'iptables -A OUTPUT -m conntrack --ctstate NEW -j ACCEPT; ping -q -c 1 10.0.0.2');
        expect(await stood.says('a', 'conntrack -L 2> /dev/null')).to.match(/ zone(-orig)?=5 /);
        await stood.work.forget(['a'], [{ protocol: 1, src: '10.0.0.1', dst: '10.0.0.2' }]);
        expect(await stood.says('a', 'conntrack -L 2> /dev/null')).to.not.include('zone');
        await stood.says('a', 'iptables -F OUTPUT; iptables -t raw -F OUTPUT');
      });

      it('says so of what is no address', async () => {
        const flow = { protocol: 1, src: '10.0.0.1', dst: 'b' };
        expect(await refusal(stood.work.forget(['a'], [flow]))).to.equal('b is no address');
      });
    });

    it('counts the packets that wait for a CPU', async () => {
      expect(
        await until(
          () => stood.work.backlog(),
          (packets) => packets === 0,
        ),
      ).to.equal(0);
    });

    it('refuses what it does not know, in a sentence', async () => {
      const { agent } = stood.sandbox;
      expect(await refusal(agent.ask('dance'))).to.equal('there is no request dance');
      for (const asked of [
        () => agent.run('nowhere', []),
        () => agent.interfaces(['a', 'nowhere']),
        () => agent.probe('nowhere', []),
        () => agent.heard('nowhere'),
        () => agent.netnsIds('nowhere', ['a']),
        () => agent.netnsIds('a', ['nowhere']),
        () => agent.tentative(['nowhere']),
        () => agent.read(['nowhere'], []),
        () => agent.forget(['nowhere'], []),
        () => agent.ask('listen', '1', 'nowhere'),
      ])
        expect(await refusal(asked()), String(asked)).to.equal('no place nowhere');
      expect(await refusal(agent.ask('trace', 'nowhere'))).to.equal('nobody listens in nowhere');
      expect(await refusal(agent.ask('place', 'c', '', '', '', '/run/netns/c'))).to.match(
        /^cannot open \/run\/netns\/c: /,
      );
      expect(await stood.says('a', 'echo still here')).to.equal('still here');
    });

    describe('at its end', () => {
      const start = () => startSandbox(user.machine, { ...planned, nodes: [] }, { rootless: user.rootless });

      it('stays when it is told to, and can be joined by another', async () => {
        const { agent, key } = await start();
        await agent.ask('stay');
        agent.leave();
        try {
          const other = await reenterSandbox(user.machine, 'test', key);
          const first = await other.agent.run('', [{ argv: ['cat', '/proc/1/cmdline'] }]);
          expect(first.stdout).to.include('packetwalk test');
          await other.agent.close();
          expect(lives(key)).to.equal(true);
        } finally {
          await kill([key]);
        }
      });

      it('runs what it was told to run at last', async () => {
        const { agent } = await start();
        await agent.ask('finally', 'echo first >&2');
        await agent.ask('finally', 'echo these are my last words >&2; exit 1');
        await agent.close();
        const last = await refusal(agent.lost);
        expect(last).to.match(/^the agent on this machine ended \(exit code 0\): these are my last words$/);
        expect(await refusal(agent.ask('backlog'))).to.equal(last);
      });
    });
  });

import { expect } from 'chai';
import { arp as arpWord, ip, udp, vrrp } from '../../src/index.ts';
import { type Followed, follow, patterned, type Sender } from '../../src/observe/follow.ts';
import type { Seen } from '../../src/observe/watch.ts';
import {
  ACK,
  arp,
  capture,
  datagram,
  echo,
  echoBytes,
  FIN,
  ipv4,
  ipv6,
  packet,
  RST,
  SYN,
  segment,
  stampedSyn,
  tcpBytes,
  udpBytes,
  unreachable,
} from './seen.ts';

const [A, B, VIP] = ['10.0.0.1', '10.0.0.2', '10.96.0.1'];
const there = { src: A, dst: B };
const back = { src: B, dst: A };
const MARK = '0123456789abcdef';
const pinged = (size = 40) => Buffer.concat([Buffer.alloc(16, 7), Buffer.alloc(size, MARK, 'hex')]);

const sender = (more: Partial<Sender> = {}): Sender => ({ from: 'a', before: new Set(), ...more });
const told = ({ own }: Followed, seen: Seen[]) => own.map(({ frame, part }) => `${part} ${seen.indexOf(frame)}`).sort();
const followed = (seen: Seen[], more?: Partial<Sender>) => {
  const found = follow(seen, sender(more));
  return { own: told(found, seen), notes: found.notes, doubt: found.doubt };
};
const ownOf = (seen: Seen[], more?: Partial<Sender>) => followed(seen, more).own;

describe('patterned', () => {
  const own = (seen: Seen[]) => told(patterned(seen, MARK), seen);

  it('tells a ping and its answer by the pattern that both carry', () => {
    const seen = capture(
      ['a:eth0', 'out', echo(there, 8, 1, 1, pinged())],
      ['a:eth0', 'out', echo(there, 8, 2, 1, Buffer.alloc(56, 1))],
      ['a:eth0', 'in', echo(back, 0, 1, 1, pinged())],
    );
    expect(own(seen)).to.deep.equal(['reply 2', 'request 0']);
  });

  it('leaves out the error that quotes it', () => {
    const sent = ipv4(1, there, echoBytes(8, 1, 1, pinged()));
    expect(own(capture(['a:eth0', 'in', packet(1, back, unreachable(sent))]))).to.deep.equal([]);
  });

  it('has its later fragments with it, though the last has no room for the pattern', () => {
    const whole = echoBytes(0, 1, 1, pinged(1460));
    const ipOf = (offset: number, mf: boolean) => ({ ...back, id: 5, offset, mf });
    const seen = capture(
      ['a:eth0', 'in', packet(1, ipOf(0, true), whole.subarray(0, 1480))],
      ['a:eth0', 'in', packet(1, ipOf(1480, false), whole.subarray(1480))],
      ['a:eth0', 'in', packet(1, { ...ipOf(1480, false), id: 6 }, whole.subarray(1480))],
    );
    expect(own(seen)).to.deep.equal(['reply 0', 'reply 1']);
  });

  it('is told from its reply in IPv6, too', () => {
    const seen = capture(
      ['a:eth0', 'out', ipv6(echoBytes(128, 1, 1, pinged()))],
      ['a:eth0', 'in', ipv6(echoBytes(129, 1, 1, pinged()))],
    );
    expect(own(seen)).to.deep.equal(['reply 1', 'request 0']);
  });
});

describe('follow', () => {
  it('tells the request of a ping that was typed otherwise from its reply by their types', () => {
    const seen = capture(
      ['a:eth0', 'out', echo(there, 8, 3, 1, 'data')],
      ['b:eth0', 'in', echo(there, 8, 3, 1, 'data')],
      ['b:eth0', 'out', echo(back, 0, 3, 1, 'data')],
      ['a:eth0', 'in', echo(back, 0, 3, 1, 'data')],
    );
    expect(ownOf(seen)).to.deep.equal(['reply 2', 'reply 3', 'request 0', 'request 1']);
  });

  it('follows a ping between addresses of which there was one before', () => {
    const seen = capture(['a:eth0', 'out', echo(there, 8, 4, 1, 'data')]);
    const before = new Set([`icmp ${A}:3 > ${B}:3`]);
    expect(ownOf(seen, { before })).to.deep.equal(['request 0']);
  });

  it('does not take the ping of another, the other way, for the answer, nor for what is answered', () => {
    const seen = capture(
      ['a:eth0', 'in', echo(back, 8, 9, 1, 'other')],
      ['a:eth0', 'out', echo(there, 8, 3, 1, 'data')],
      ['b:eth0', 'in', echo(there, 8, 3, 1, 'data')],
      ['b:eth0', 'out', echo(back, 8, 9, 2, 'again')],
    );
    expect(ownOf(seen)).to.deep.equal(['request 1', 'request 2']);
  });

  it('tells what an echo server sends back from what it was sent', () => {
    const seen = capture(
      ['a:eth0', 'out', datagram(there, 5000, 7, 'hello')],
      ['b:eth0', 'in', datagram(there, 5000, 7, 'hello')],
      ['b:eth0', 'out', datagram({ ...back, id: 2 }, 7, 5000, 'hello')],
      ['a:eth0', 'in', datagram({ ...back, id: 2 }, 7, 5000, 'hello')],
    );
    expect(ownOf(seen)).to.deep.equal(['reply 2', 'reply 3', 'request 0', 'request 1']);
  });

  it('tells it, too, where the destination is translated in between', () => {
    const seen = capture(
      ['a:eth0', 'out', datagram({ src: A, dst: VIP }, 5000, 80, 'hello')],
      ['r:eth0', 'in', datagram({ src: A, dst: VIP }, 5000, 80, 'hello')],
      ['r:eth1', 'out', datagram(there, 5000, 7, 'hello')],
      ['b:eth0', 'in', datagram(there, 5000, 7, 'hello')],
      ['b:eth0', 'out', datagram({ ...back, id: 2 }, 7, 5000, 'hello')],
      ['r:eth1', 'in', datagram({ ...back, id: 2 }, 7, 5000, 'hello')],
      ['r:eth0', 'out', datagram({ src: VIP, dst: A, id: 2 }, 80, 5000, 'hello')],
      ['a:eth0', 'in', datagram({ src: VIP, dst: A, id: 2 }, 80, 5000, 'hello')],
    );
    expect(ownOf(seen)).to.deep.equal(
      [4, 5, 6, 7].map((i) => `reply ${i}`).concat([0, 1, 2, 3].map((i) => `request ${i}`)),
    );
  });

  it('follows an empty datagram by the port that it was sent from', () => {
    const seen = capture(
      ['a:eth0', 'out', datagram(there, 5000, 9, '')],
      ['b:eth0', 'in', datagram(there, 5000, 9, '')],
      ['b:eth0', 'in', datagram(there, 5001, 9, '')],
    );
    expect(ownOf(seen)).to.deep.equal(['request 0', 'request 1']);
  });

  it('follows the first of several datagrams that differ', () => {
    const seen = capture(
      ...(['one', 'two', 'three'].map((text) => ['a:eth0', 'out', datagram(there, 5000, 9, text)] as const) as [
        string,
        'out',
        Buffer,
      ][]),
    );
    expect(followed(seen)).to.deep.equal({ own: ['request 0'], notes: [], doubt: undefined });
  });

  it('follows the first of what is sent again, and says so', () => {
    const syn = (id: number) => segment({ ...there, id }, { src: 5000, dst: 80, seq: 99, flags: SYN });
    const seen = capture(
      ['a:eth0', 'out', syn(10)],
      ['b:eth0', 'in', syn(10)],
      ['a:eth0', 'out', syn(11)],
      ['b:eth0', 'in', syn(11)],
    );
    expect(followed(seen)).to.deep.equal({
      own: ['request 0', 'request 1'],
      notes: ['sent 2 times by a:eth0: only the first is followed'],
      doubt: undefined,
    });
  });

  it('follows every copy that the network made', () => {
    const sent = datagram({ ...there, id: 10 }, 5000, 9, 'hello');
    const seen = capture(
      ['a:eth0', 'out', sent],
      ['b:eth0', 'in', sent],
      ['b:eth0', 'in', sent],
      ['c:eth0', 'in', sent],
    );
    expect(ownOf(seen)).to.have.length(4);
  });

  it('cannot tell equal datagrams without an identification from copies', () => {
    const sent = datagram({ ...there, id: 0 }, 5000, 9, 'hello');
    expect(followed(capture(['a:eth0', 'out', sent], ['a:eth0', 'out', sent])).doubt).to.equal(
      '2 equal packets left a:eth0: it cannot be told whether they were sent, or copied there',
    );
    expect(followed(capture(['a:eth0', 'out', sent], ['b:eth0', 'in', sent])).doubt).to.equal(undefined);
  });

  it('follows the first of what a daemon says again and again, where the walk states it', () => {
    const advertisement = (id: number) => packet(112, { ...there, id }, Buffer.from('31336e0100320000c0a8cd64', 'hex'));
    const [first, second] = [advertisement(7), advertisement(8)];
    const seen = capture(
      ['a:eth0', 'out', first],
      ['b:eth0', 'in', first],
      ['a:eth0', 'out', second],
      ['b:eth0', 'in', second],
    );
    expect(followed(seen, { expected: [ip({ dst: B }), vrrp({ priority: 110 })] })).to.deep.equal({
      own: ['request 0', 'request 1'],
      notes: ['sent 2 times by a:eth0: only the first is followed'],
      doubt: undefined,
    });
  });

  it('cannot tell equal ARP requests from copies', () => {
    const asked = arp('request', A, B);
    const seen = capture(['a:eth0', 'out', asked], ['a:eth0', 'out', asked]);
    expect(followed(seen, { expected: [arpWord({ op: 'request' })] }).doubt).to.equal(
      '2 equal packets left a:eth0: it cannot be told whether they were sent, or copied there',
    );
  });

  describe('beside what others send from there', () => {
    const daemon = datagram({ src: A, dst: '10.0.0.9' }, 520, 520, 'route');
    const own = datagram(there, 5000, 9, 'hello');
    const seen = capture(['a:eth0', 'out', daemon], ['a:eth0', 'out', own]);

    it('knows a socket that was open before', () => {
      expect(ownOf(seen, { before: new Set(['udp 520']) })).to.deep.equal(['request 1']);
    });

    it('knows a flow that was there before', () => {
      expect(ownOf(seen, { before: new Set([`udp ${A}:520 > 10.0.0.9:520`]) })).to.deep.equal(['request 1']);
    });

    it('takes the one that is as the walk lists it', () => {
      expect(ownOf(seen, { expected: [ip({ dst: B }), udp({ dst: 9 })] })).to.deep.equal(['request 1']);
    });

    it('does not take what it forwards', () => {
      const through = datagram({ src: '10.0.0.7', dst: B }, 5000, 9, 'other');
      expect(
        ownOf(capture(['a:eth1', 'in', through], ['a:eth0', 'out', through], ['a:eth0', 'out', own])),
      ).to.deep.equal(['request 2']);
    });

    it('does not take its answers to others', () => {
      const asked = datagram({ src: B, dst: A }, 6000, 53, 'question');
      const answers = datagram({ src: A, dst: B }, 53, 6000, 'answer');
      const list = capture(['a:eth0', 'in', asked], ['a:eth0', 'out', answers], ['a:eth0', 'out', own]);
      expect(ownOf(list)).to.deep.equal(['request 2']);
    });
  });

  describe('of TCP', () => {
    const [client, server] = [
      { src: 5000, dst: 80 },
      { src: 80, dst: 5000 },
    ];
    const syn = segment({ ...there, id: 10 }, { ...client, seq: 99, flags: SYN });
    const synAck = segment({ ...back, id: 0 }, { ...server, seq: 700, ack: 100, flags: SYN | ACK });

    it('has the segment that answers the first, and the one that ends it', () => {
      const seen = capture(
        ['a:eth0', 'out', syn],
        ['a:eth0', 'in', synAck],
        ['a:eth0', 'out', segment({ ...there, id: 11 }, { ...client, seq: 100, ack: 701, flags: ACK }, 'GET /')],
        ['a:eth0', 'out', segment({ ...there, id: 12 }, { ...client, seq: 105, ack: 701, flags: FIN | ACK })],
      );
      expect(ownOf(seen)).to.deep.equal(['end 3', 'reply 1', 'request 0']);
    });

    it('finds the end where offload joined it with the data before it', () => {
      const end = segment({ ...there, id: 12 }, { ...client, seq: 105, ack: 701, flags: FIN | ACK });
      const joined = segment({ ...there, id: 11 }, { ...client, seq: 100, ack: 701, flags: FIN | ACK }, 'GET /');
      const seen = capture(['a:eth0', 'out', syn], ['a:eth0', 'out', end], ['b:eth0', 'in', joined]);
      expect(ownOf(seen)).to.deep.equal(['end 1', 'end 2', 'request 0']);
    });

    it('does not take the end that is sent again for another', () => {
      const end = (id: number) => segment({ ...there, id }, { ...client, seq: 105, ack: 701, flags: FIN | ACK });
      const seen = capture(['a:eth0', 'out', syn], ['a:eth0', 'out', end(12)], ['a:eth0', 'out', end(13)]);
      expect(ownOf(seen)).to.deep.equal(['end 1', 'request 0']);
    });

    it('has the refusal for its answer, and not that of another connection', () => {
      const refusal = segment(back, { ...server, seq: 0, ack: 100, flags: RST | ACK });
      const other = segment(back, { src: 80, dst: 6000, seq: 0, ack: 4321, flags: RST | ACK });
      const seen = capture(['a:eth0', 'out', syn], ['a:eth0', 'in', refusal], ['a:eth0', 'in', other]);
      expect(ownOf(seen)).to.deep.equal(['reply 1', 'request 0']);
    });
  });

  it('takes the error about a packet for its answer where it gets no other', () => {
    const sent = ipv4(17, there, udpBytes(5000, 9, 'hello'));
    const seen = capture(
      ['a:eth0', 'out', datagram(there, 5000, 9, 'hello')],
      ['a:eth0', 'in', packet(1, back, unreachable(sent))],
    );
    expect(ownOf(seen)).to.deep.equal(['reply 1', 'request 0']);
  });

  describe('where what is refused by ICMP is sent again, and refused again', () => {
    const sent = (id: number) => ipv4(6, { ...there, id }, tcpBytes({ src: 5000, dst: 80, seq: 99, flags: SYN }));
    const syn = (id: number) => ['a:eth0', 'out', packet(6, { ...there, id }, sent(id).subarray(20))] as const;
    const refusal = (id: number, at = 'a:eth0') => [at, 'in', packet(1, back, unreachable(sent(id)))] as const;
    const seen = (...frames: (readonly [string, 'in' | 'out', Buffer])[]) =>
      capture(...frames.map((each) => [...each] as [string, 'in' | 'out', Buffer]));

    it('has the first refusal for its answer, and says that there was another one', () => {
      expect(followed(seen(syn(10), refusal(10), syn(11), refusal(11)))).to.deep.equal({
        own: ['reply 1', 'request 0'],
        notes: [
          'sent 2 times by a:eth0: only the first is followed',
          'what was sent again was refused again: only the first refusal is followed',
        ],
        doubt: undefined,
      });
    });

    it('has the refusal of what was sent again, where nothing answered what was sent before', () => {
      expect(ownOf(seen(syn(10), syn(11), refusal(11), syn(12), refusal(12)))).to.deep.equal(['reply 2', 'request 0']);
    });

    it('takes the refusals in the order of what was sent, wherever they were seen first', () => {
      const list = seen(syn(10), refusal(11, 'b:eth0'), refusal(10), syn(11), refusal(11));
      expect(ownOf(list)).to.deep.equal(['reply 2', 'request 0']);
    });

    it('has every error about one sending, and every one about what nobody sent again', () => {
      const list = seen(syn(10), refusal(10), refusal(10), syn(11), refusal(11), refusal(7), refusal(0));
      expect(ownOf(list)).to.deep.equal(['reply 1', 'reply 2', 'reply 5', 'reply 6', 'request 0']);
    });

    it('knows them in IPv6 by the timestamps that they quote', () => {
      const syn = (timestamp: number) => ['a:eth0', 'out', ipv6(stampedSyn(timestamp), 6)] as const;
      const refusal = (timestamp: number) =>
        [
          'a:eth0',
          'in',
          ipv6(Buffer.concat([Buffer.from('0104000000000000', 'hex'), ipv6(stampedSyn(timestamp), 6).subarray(14)])),
        ] as const;
      expect(ownOf(seen(syn(5), refusal(5), syn(6), refusal(6)))).to.deep.equal(['reply 1', 'request 0']);
    });

    it('has every error where its packet has no identification', () => {
      const list = seen(syn(0), refusal(0), refusal(0));
      expect(ownOf(list)).to.deep.equal(['reply 1', 'reply 2', 'request 0']);
    });
  });

  it('has the later fragments of a datagram with it', () => {
    const whole = udpBytes(5000, 9, 'x'.repeat(2000));
    const piece = (id: number, offset: number, mf: boolean) =>
      packet(17, { ...there, id, offset, mf }, mf ? whole.subarray(0, 1480) : whole.subarray(1480));
    const seen = capture(
      ['a:eth0', 'out', piece(5, 0, true)],
      ['a:eth0', 'out', piece(5, 1480, false)],
      ['a:eth0', 'out', piece(6, 1480, false)],
    );
    expect(ownOf(seen)).to.deep.equal(['request 0', 'request 1']);
  });

  describe('of what cannot be followed', () => {
    const asks = arp('request', A, B);

    it('says what it was that left', () => {
      const seen = capture(
        ['a:eth0', 'out', asks],
        ['a:eth0', 'in', arp('reply', B, A)],
        ['b:eth0', 'out', ipv6(Buffer.alloc(8))],
      );
      expect(followed(seen)).to.deep.equal({
        own: [],
        notes: [],
        doubt: 'nothing was sent that can be followed (what left a: arp)',
      });
    });

    it('says nothing of a neighbour who was asked in vain, nor where nothing left', () => {
      expect(followed(capture(['a:eth0', 'out', asks]))).to.deep.equal({ own: [], notes: [], doubt: undefined });
      expect(followed([]).doubt).to.equal(undefined);
    });
  });
});

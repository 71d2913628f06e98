import { expect } from 'chai';
import { at, ip, type Lab, send, tcp } from '../../src/index.ts';
import { outcomeText } from '../../src/judge/outcome.ts';
import type { Cause } from '../../src/judge/result.ts';
import { walkOwn } from '../../src/prove/own-walk.ts';
import { walk } from '../../src/prove/walk.ts';
import { needsNamespaces, type Stood, stand } from '../stand.ts';

const [A, B] = ['10.0.0.1', '10.0.2.2'];
const on6 = 'sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0';
const says = (port: number, what: string, timeoutS = 1, to = B) =>
  `timeout ${timeoutS} bash -c 'exec 3<>/dev/tcp/${to}/${port}; ${what} >&3; read -u 3 line'`;

/** A client, a router one of whose ports is the server's, and a server. */
const lab: Lab = {
  title: 'A server that may say nothing',
  nodes: { a: 'host', r: 'router', b: 'host' },
  links: [`a:eth0 ${A}/24 -- r:ea 10.0.0.254/24`, `r:eb 10.0.2.254/24 -- b:eth0 ${B}/24`],
  setup: {
    'Everybody knows the way, of both versions of IP': {
      a: `${on6}\nip route add default via 10.0.0.254\nip -6 addr add fd00::1/64 dev eth0 nodad\nip -6 route add default via fd00::fe`,
      r: `
        ${on6}
        sysctl -qw net.ipv6.conf.all.forwarding=1
        ip -6 addr add fd00::fe/64 dev ea nodad
        ip -6 addr add fd02::fe/64 dev eb nodad
        iptables -t nat -A PREROUTING -d 10.0.0.254 -p tcp -j DNAT --to-destination ${B}`,
      b: `${on6}\nip route add default via 10.0.2.254\nip -6 addr add fd02::2/64 dev eth0 nodad\nip -6 route add default via fd02::fe`,
    },
  },
  walks: {
    'a asks b, whose words are listed': {
      send: send('a', says(8082, 'echo hello')),
      request: ['a:eth0', 'r:ea', 'r:eb', 'b:eth0'].map((point) =>
        at(point as 'a:eth0', 'It opens', ip({ src: A, dst: B }), tcp({ dst: 8082, flags: 'S' })),
      ),
      later: {
        'Its words': ['b:eth0', 'r:eb', 'r:ea', 'a:eth0'].map((point) =>
          at(point as 'a:eth0', 'It answers', ip({ src: B, dst: A }), tcp({ src: 8082, flags: 'PA' })),
        ),
      },
    },
  },
};

const listening = (port: number, rest: string, begins = 'socket(S,2,1,6)', bound = 'sockaddr_in(PORT,INADDR_ANY)') =>
  `(setsid perl -MSocket -e '${begins}; bind(S,${bound.replace('PORT', `${port}`)}) or die; listen(S,5); ${rest}; sleep 60' >/dev/null 2>&1 &)
   until ss -ltn | grep -q :${port}; do :; done`;
const by6 = ['socket(S,10,1,6)', 'pack_sockaddr_in6(PORT,Socket::IN6ADDR_ANY)'] as const;

interface Silent {
  server: string;
  command: string;
  confidence: Cause['confidence'];
  says: RegExp;
}

const silent: Record<string, Silent> = {
  'who does not accept it': {
    server: listening(8081, '1'),
    command: says(8081, 'echo hello'),
    confidence: 'certain',
    says: /^perl \(pid \d+\) at b does not accept the connection to TCP port 8081: the kernel has opened it and holds 6 bytes that came by it$/,
  },
  'who does not read, behind a translation': {
    server: listening(8082, 'accept(C,S) while 1'),
    command: says(8082, 'echo hello', 1, '10.0.0.254'),
    confidence: 'certain',
    says: /^the socket of perl \(pid \d+\) at b, TCP port 8082, has 6 bytes unread: .* the program does not read it$/,
  },
  'who does not read, until no more has room': {
    server: listening(8083, 'accept(C,S)', 'socket(S,2,1,6); setsockopt(S,1,8,4096)'),
    command: says(8083, 'head -c 300000 /dev/zero', 1.5),
    confidence: 'certain',
    says: /^the socket of perl \(pid \d+\) at b, TCP port 8083, has \d{4} bytes unread: .* no room for more$/,
  },
  'who reads, and has nothing to say, of IPv6': {
    server: listening(8084, 'accept(C,S); sysread(C,$x,99)', ...by6),
    command: says(8084, 'echo hello', 1, 'fd02::2'),
    confidence: 'likely',
    says: /^perl \(pid \d+\) at b has read the 6 bytes that came to TCP port 8084, and answers nothing$/,
  },
  'who reads, by a socket that takes both versions of IP': {
    server: listening(8085, 'accept(C,S); sysread(C,$x,99)', ...by6),
    command: says(8085, 'echo hello'),
    confidence: 'likely',
    says: /^perl \(pid \d+\) at b has read the 6 bytes that came to TCP port 8085, and answers nothing$/,
  },
  'who was asked nothing': {
    server: listening(8086, 'accept(C,S); sysread(C,$x,99)'),
    command: says(8086, 'true'),
    confidence: 'possible',
    says: /^perl \(pid \d+\) at b has accepted the connection to TCP port 8086, and answers nothing$/,
  },
};

describe('a connection that was opened, and by which nothing is answered', function () {
  this.timeout(30_000);
  let stood: Stood;
  before(async function () {
    needsNamespaces(this);
    stood = await stand(lab);
  });
  after(() => stood?.[Symbol.asyncDispose]());

  const serves = async (server: string) => {
    const { code, stderr } = await stood.runtime.script('b', server);
    expect(code, stderr).to.equal(0);
  };
  const calls = async (command: string) => (await walkOwn(stood, { from: 'a', command }, [])).walk;

  for (const [whose, { server, command, confidence, says: said }] of Object.entries(silent))
    it(`is told of the program ${whose}`, async () => {
      await serves(server);
      const { causes, evidence } = await calls(command);
      expect(causes[0]?.sentence, JSON.stringify([causes, evidence])).to.match(said);
      expect(causes[0]).to.include({ cause: 'program silent', place: 'b', confidence });
    });

  it('is told in a walk that lists the words', async () => {
    const [result] = await walk(stood, stood.plan.walks, { causes: true, isPatient: true });
    expect(outcomeText(result!)).to.equal('later 1 lost at b:eth0');
    expect(result!.causes[0]).to.include({ cause: 'program silent', place: 'b' });
  });

  const others: Record<string, [server: string, command: string]> = {
    'who ends it': [listening(8087, 'accept(C,S); sysread(C,$x,99); close(C)'), `${says(8087, 'echo hello')}; false`],
    'who answers, though the command fails': [
      listening(8088, 'accept(C,S); sysread(C,$x,99); syswrite(C,"no")'),
      says(8088, 'echo hello'),
    ],
  };
  for (const [whose, [server, command]] of Object.entries(others))
    it(`is not told of the program ${whose}`, async () => {
      await serves(server);
      const { causes } = await calls(command);
      expect(causes.map(({ cause }) => cause)).to.not.include('program silent');
    });
});

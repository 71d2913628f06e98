import { expect } from 'chai';
import { at, icmp, ip, mac, send, tcp, through, udp } from '../../src/index.ts';
import { BadLab, type Problem } from '../../src/plan/bad-lab.ts';
import { plan } from '../../src/plan/plan.ts';
import { smallLab, spoilt, type Unchecked } from '../small-lab.ts';

const problemsOf = (value: unknown): Problem[] => {
  try {
    plan(value, 'small');
    return [];
  } catch (error) {
    if (error instanceof BadLab) return error.problems;
    throw error;
  }
};

/** What is wrong with the small lab once it has been changed. */
const changed = (change: (lab: Unchecked) => void): Problem[] => problemsOf(spoilt(change));

/** What a lab is warned of that can be planned all the same. */
const warned = (change: (lab: Unchecked) => void): string[] => plan(spoilt(change), 'small').warnings;

const walk = 'a pings b';
const hop = (point: string, ...headers: Parameters<typeof at>[2][]) =>
  at(
    point as 'a:b',
    'Why',
    ...(headers.length ? headers : [[ip({ dst: '10.0.0.2' }), icmp({ type: 'echo request' })]]),
  );

describe('problems', () => {
  it('are none in a good lab', () => {
    expect(problemsOf(smallLab())).to.deep.equal([]);
  });

  it('are all reported at once, each with its place and a hint', () => {
    const problems = changed((lab) => {
      lab.links.push('c:eth0 -- b:eth1');
      lab.setup['Each knows the way to the pod'] = { aa: 'true' };
      lab.walks[walk].send.from = 'A';
      lab.walks[walk].claims = ['C-2'];
      lab.faults['b is deaf'].lostAt = 'b:eth1';
    });
    expect(problems).to.deep.equal([
      { where: "links 'c:eth0 -- b:eth1'", what: 'there is no node c.', hint: 'Did you mean a?' },
      { where: "setup['Each knows the way to the pod'].aa", what: 'there is no node aa.', hint: 'Did you mean a?' },
      { where: "walks['a pings b'].send", what: 'there is no node A.', hint: 'Did you mean a?' },
      { where: "walks['a pings b'].claims", what: 'there is no claim C-2.', hint: 'Did you mean C-1?' },
      { where: "faults['b is deaf'].lostAt", what: 'its walk has no hop b:eth1.', hint: 'Did you mean b:eth0?' },
    ]);
  });

  it('are found in what a workshop says, too', () => {
    const ask = { question: 'How?', answer: 'so', shownBy: { from: 'c', command: 'true' } };
    const hint = 'Did you mean a?';
    const problems = changed((lab) => {
      lab.setup = { More: { do: { c: 'true' }, see: { run: 'true', see: {} }, ask }, Less: { notes: 'Few' } };
      lab.walks[walk].ask = ask;
      lab.faults['b is deaf'].ask = ask;
    });
    expect(problems.map((each) => [each.where, each.what, each.hint])).to.deep.equal([
      ["setup['More'].c", 'there is no node c.', hint],
      ["setup['More'].ask.shownBy.c", 'there is no node c.', hint],
      ["setup['More'].see", 'a check that looks nowhere proves nothing', undefined],
      ["setup['Less'].notes", 'a step with notes has its commands in do: { do: { … }, notes: … }', undefined],
      ["walks['a pings b'].ask.shownBy.c", 'there is no node c.', hint],
      ["faults['b is deaf'].ask.shownBy.c", 'there is no node c.', hint],
    ]);
  });

  it('are one error that a person can read', () => {
    const lab = spoilt(({ links, setup }) => {
      links.push('c:eth0 -- b:eth1');
      setup['Nothing becomes true'] = { d: 'true' };
    });
    expect(() => plan(lab, 'small')).to.throw(
      BadLab,
      /^small has 2 problems:\n {2}links 'c:eth0 -- b:eth1': there is no node c\. Did you mean a\?\n {2}setup\['Nothing becomes true'\]\.d: there is no node d\. Did you mean a\?$/,
    );
  });

  describe('with nodes', () => {
    const place = (problems: Problem[]) => problems.map(({ where, hint }) => `${where} | ${hint}`);

    it('that are unknown are found wherever they are named', () => {
      const nowhere = (change: (lab: Unchecked) => void) => place(changed(change));
      const h = 'Did you mean pod?';
      expect(nowhere((lab) => lab.links.push('podd:eth1 -- b:eth1'))).to.deep.equal([
        `links 'podd:eth1 -- b:eth1' | ${h}`,
      ]);
      expect(nowhere((lab) => (lab.setup.More = { podd: 'true' }))).to.deep.equal([`setup['More'].podd | ${h}`]);
      expect(nowhere((lab) => (lab.walks[walk].send = send('podd', 'ping -c 1 10.0.0.2')))).to.deep.equal([
        `walks['a pings b'].send | ${h}`,
      ]);
      expect(nowhere((lab) => lab.walks[walk].request.push(hop('podd:eth0')))).to.deep.equal([
        `walks['a pings b'].request[2] at podd:eth0 | ${h}`,
      ]);
      expect(nowhere((lab) => lab.walks[walk].reply.push(hop('podd:eth0')))).to.deep.equal([
        `walks['a pings b'].reply[2] at podd:eth0 | ${h}`,
      ]);
      const ether = { protocol: 'ether', fields: { src: mac('podd:eth0') } };
      expect(nowhere((lab) => lab.walks[walk].request[0].headers.unshift(ether))).to.deep.equal([
        `walks['a pings b'].request[0] at a:eth0 | ${h}`,
      ]);
      expect(nowhere((lab) => (lab.checks['a has an address'].see.podd = { lines: ['x'] }))).to.deep.equal([
        `checks['a has an address'].see.podd | ${h}`,
      ]);
      expect(nowhere((lab) => lab.checks['a reaches b'].pairs.push({ from: ['podd'], to: ['b'] }))).to.deep.equal([
        `checks['a reaches b'].pairs | ${h}`,
      ]);
      expect(nowhere((lab) => lab.checks['a reaches b'].pairs.push({ from: ['a'], to: ['podd'] }))).to.deep.equal([
        `checks['a reaches b'].pairs | ${h}`,
      ]);
      expect(nowhere((lab) => (lab.faults['b is deaf'].break = { podd: 'true' }))).to.deep.equal([
        `faults['b is deaf'].break.podd | ${h}`,
      ]);
      expect(nowhere((lab) => (lab.faults['b is deaf'].fix = { podd: 'true' }))).to.deep.equal([
        `faults['b is deaf'].fix.podd | ${h}`,
      ]);
    });

    it('that are switches cannot be watched, and have no address to send to', () => {
      const withSwitch = (change: (lab: Unchecked) => void) =>
        changed((lab) => {
          lab.nodes.lan = 'switch';
          lab.links.push('a:eth1 -- lan', 'b:eth1 -- lan');
          change(lab);
        });
      expect(withSwitch(() => {})).to.deep.equal([]);
      expect(withSwitch((lab) => lab.walks[walk].request.push(hop('lan:a')))[0]).to.include({
        where: "walks['a pings b'].request[2] at lan:a",
        what: 'lan is a switch: it is a cable to a walk, and not watched',
      });
      expect(withSwitch((lab) => (lab.setup.Something = { lan: 'true' }))[0]).to.include({
        where: "setup['Something'].lan",
        what: 'lan is a switch: it is a cable, and nothing can be typed there',
      });
      expect(withSwitch((lab) => lab.checks['a reaches b'].pairs.push({ from: ['lan'], to: ['b'] }))[0]).to.include({
        where: "checks['a reaches b'].pairs",
      });
    });

    it('of no kind, with no good name, or pods of nobody are named', () => {
      expect(changed((lab) => (lab.nodes.a = 'hots'))).to.deep.equal([
        { where: 'nodes.a', what: 'hots is no kind of node.', hint: 'Did you mean host?' },
      ]);
      expect(changed((lab) => (lab.nodes['1 2'] = 'host'))[0]).to.include({ where: 'nodes.1 2' });
      const [stray, ...rest] = changed((lab) => (lab.nodes.pod = 'pod on bb'));
      expect(stray).to.deep.equal({
        where: 'nodes.pod',
        what: 'there is no node bb for a pod to live in.',
        hint: 'Did you mean b?',
      });
      expect(rest.map(({ what }) => what)).to.deep.equal(['pod is a pod on bb: its cables end there']);
    });

    it('that are pods or switches hold no pods', () => {
      const [problem] = changed((lab) => {
        lab.nodes.lan = 'switch';
        lab.nodes.pod2 = 'pod on lan';
      });
      expect(problem).to.include({ where: 'nodes.pod2', what: 'there is no node lan for a pod to live in.' });
      expect(changed((lab) => (lab.nodes.pod2 = 'pod on pod'))[0]).to.include({ where: 'nodes.pod2' });
    });

    it('are not taken from what every object inherits', () => {
      expect(changed((lab) => lab.links.push('constructor:eth0 -- b:eth1'))).to.have.length(1);
      expect(changed((lab) => (lab.walks[walk].send.from = 'toString'))).to.have.length(1);
      expect(changed((lab) => (lab.faults['b is deaf'].walk = 'constructor'))[0]).to.include({
        what: "there is no walk 'constructor'.",
      });
    });
  });

  describe('with cables', () => {
    const cable = (text: string) => changed((lab) => lab.links.push(text));

    it('that use an interface twice', () => {
      expect(cable('a:eth0 -- b:eth1')).to.deep.equal([
        {
          where: "links 'a:eth0 -- b:eth1'",
          what: "the interface a:eth0 is also in links 'a:eth0 -- b:eth0'",
        },
      ]);
      expect(cable('a:eth1 -- a:eth1')[0]!.what).to.match(/^the interface a:eth1 is also in/);
    });

    it('that use an address twice at one place, as two places may', () => {
      expect(cable('a:eth1 10.0.0.1/16 -- b:eth1')).to.deep.equal([
        { where: "links 'a:eth1 -- b:eth1'", what: "the address 10.0.0.1 is also in links 'a:eth0 -- b:eth0'" },
      ]);
      expect(cable('a:eth1 10.0.2.15/24 -- b:eth1 10.0.2.15/24')).to.deep.equal([]);
    });

    it('whose interface has a name that a shell, sysctl or ip reads otherwise', () => {
      for (const [name, why] of [
        ['lo', 'every place has a lo of its own already'],
        ['all', 'sysctl reads net.ipv4.conf.all as a setting of many interfaces'],
        ['default', 'sysctl reads net.ipv4.conf.default as a setting of many interfaces'],
        ...['e;id', 'e*', '$x', '-f', 'eth"0', 'äth0'].map((name) => [
          name,
          'letters, digits, _ . @ - only, and no - in front: a shell, sysctl or ip would read it otherwise',
        ]),
      ] as const)
        expect(cable(`a:${name} -- b:eth1`), name).to.deep.equal([
          { where: `links[2] 'a:${name} -- b:eth1'`, what: `${name} is no name for an interface: ${why}` },
        ]);
      for (const name of ['flannel.1', 'eth0@if2', 'a_b-c'])
        expect(cable(`a:${name} -- b:eth1`), name).to.deep.equal([]);
    });

    it('whose port at a switch goes unnamed, and cannot be called like the node at the other end', () => {
      const [problem] = changed((lab) => {
        Object.assign(lab.nodes, { lan: 'switch', 'a-node-of-a-long-name': 'host' });
        lab.links.push('a-node-of-a-long-name:eth0 -- lan');
      });
      expect(problem).to.deep.equal({
        where: "links[2] 'a-node-of-a-long-name:eth0 -- lan'",
        what: 'a-node-of-a-long-name is no name for an interface: at most 15 bytes, no slash, no colon (IFNAMSIZ, if.h)',
        hint: 'Write lan:PORT.',
      });
    });

    it('whose interface has a name that Linux does not accept', () => {
      expect(cable('a:eth0123456789ab -- b:eth1')).to.deep.equal([]);
      for (const name of ['eth0123456789abc', 'vethäöüäöüä', 'a/b', '.', '..', 'eth1:1'])
        expect(cable(`a:${name} -- b:eth1`), name).to.deep.equal([
          {
            where: `links[2] 'a:${name} -- b:eth1'`,
            what: `${name} is no name for an interface: at most 15 bytes, no slash, no colon (IFNAMSIZ, if.h)`,
          },
        ]);
    });

    it('that have a bad address', () => {
      for (const address of ['10.0.0.3', '10.0.0.3/33', '10.0.0.256/24', '10.0.3/24', '10.0.0.3/24/24', 'fd00::1/64'])
        expect(cable(`a:eth1 ${address} -- b:eth1`), address).to.deep.equal([
          {
            where: `links[2] 'a:eth1 ${address} -- b:eth1'`,
            what: `${address} is no IPv4 address with a prefix length`,
          },
        ]);
      expect(cable('a:eth1 10.2.0.1/24 10.2.0.2/24 -- b:eth1')[0]!.what).to.equal(
        "'10.2.0.2/24' is left over after the address",
      );
    });

    it('that are not written as cables', () => {
      for (const text of ['a:eth1', 'a:eth1 - b:eth1', 'a:eth1--b:eth1', 'a:eth1 -- b:eth1 -- c:eth1', ''])
        expect(cable(text)[0], text).to.include({ where: text ? `links[2] '${text}'` : 'links.2' });
      expect(cable('a -- b:eth1')[0]!.what).to.equal('a needs the name of its interface, as in a:eth0');
    });

    it('that join a pod to another node than its own', () => {
      expect(cable('pod:eth1 -- a:eth1')).to.deep.equal([
        { where: "links 'pod:eth1 -- a:eth1'", what: 'pod is a pod on b: its cables end there' },
      ]);
    });
  });

  describe('with hops', () => {
    it('on an interface that no cable or command makes are warnings, since a daemon may make it', () => {
      const lab = spoilt(({ walks }) => walks[walk].request.push(hop('b:cali12345'), hop('b:eht0')));
      expect(plan(lab, 'small').warnings).to.deep.equal([
        "walks['a pings b'].request[2] at b:cali12345: no cable or command makes cali12345 on b. There is eth0, veth.",
        "walks['a pings b'].request[3] at b:eht0: no cable or command makes eht0 on b. Did you mean eth0?",
      ]);
      expect(plan(smallLab(), 'small').warnings).to.deep.equal([]);
    });

    it('on an interface that can have no such name', () => {
      expect(changed((lab) => lab.walks[walk].request.push(hop('b:eth1:1')))[0]!.what).to.equal(
        'eth1:1 is no name for an interface: at most 15 bytes, no slash, no colon (IFNAMSIZ, if.h)',
      );
    });

    it('are none on an interface that a command makes, however it is written', () => {
      for (const command of [
        'ip link add eth9 type vxlan id 1',
        `printf '{"bridge":"eth9","mtu":1450}' > /etc/cni.conf`,
        'start-daemon --device=eth9 &',
        'for i in eth8 eth9; do ip link add $i type bridge; done',
      ])
        expect(
          changed((lab) => {
            lab.setup.More = { a: command };
            lab.walks[walk].request.push(hop('a:eth9'));
          }),
          command,
        ).to.deep.equal([]);
    });

    it('that are no points', () => {
      for (const point of ['a', 'a:', ':eth0'])
        expect(
          changed((lab) => lab.walks[walk].request.push(hop(point))),
          point,
        ).to.have.length(1);
      expect(changed((lab) => lab.walks[walk].request.push(hop('a')))[0]!.what).to.equal(
        'a is no hop: a hop is written PLACE:INTERFACE [in|out], or PLACE [FAMILY] TABLE CHAIN for a hook',
      );
    });

    it('whose direction or family is misspelt', () => {
      const told = (text: string) =>
        changed((lab) => lab.walks[walk].request.push(hop(text))).map(({ what, hint }) => [what, hint].join(' '));
      expect(told('b:eth0 inn')).to.deep.equal(['inn is no direction. Did you mean in?']);
      expect(told('b:eth0 OUT')).to.deep.equal(['OUT is no direction. Did you mean out?']);
      expect(told('b:eth0 sideways')).to.deep.equal(['sideways is no direction. There is in, out.']);
      expect(told('b inett filter input')).to.deep.equal(['inett is no family. Did you mean inet?']);
      expect(told('b nat PREROUTING')).to.deep.equal([
        'a hook has no headers: it is written through(PLACE, WAY, BECAUSE) ',
      ]);
    });

    it('that the answer would satisfy as well, or that state nothing', () => {
      const told = (...headers: Parameters<typeof at>[2][]) =>
        changed((lab) => lab.walks[walk].request.push({ at: 'a:eth0', because: 'x', headers: headers.flat() }));
      expect(told(ip(), icmp())[0]!.what).to.equal(
        'the answer would satisfy this hop too: state an address or, for ICMP, the type',
      );
      expect(told(ip({ ttl: 64 }), icmp())).to.have.length(1);
      expect(told()[0]!.what).to.equal('states no headers');
      expect(told(ip({ src: '10.0.0.1', dst: '10.0.0.2' }), icmp())).to.deep.equal([]);
      expect(told(ip(), icmp({ type: 'echo request' }))).to.deep.equal([]);
    });

    it('but not that an answer would satisfy whose one end is known, nor one to what nobody answers', () => {
      const told = (point: string, ...headers: Parameters<typeof at>[2][]) =>
        changed((lab) => lab.walks[walk].request.push({ at: point, because: 'x', headers: headers.flat() }));
      expect(told('a:eth0', ip({ dst: '10.0.0.2' }), udp())).to.deep.equal([]);
      expect(told('a:eth0', ip({ src: '10.0.0.1' }), tcp())).to.deep.equal([]);
      expect(told('a:eth0', ip({ dst: '10.0.0.1', ttl: 63 }), icmp())).to.deep.equal([]);
      expect(told('a:eth0', ip(), icmp({ type: 'time exceeded' }))).to.deep.equal([]);
      expect(told('a:lo', ip({ dst: '10.0.0.1' }), udp()).map(({ severity }) => severity)).to.include(undefined);
    });

    it('of an end that a ping has not', () => {
      const end = changed((lab) => (lab.walks[walk].end = lab.walks[walk].request));
      expect(end).to.deep.equal([{ where: "walks['a pings b'].end", what: 'a ping has no connection that could end' }]);
    });

    it('of a hook that is none, or at a place that is none', () => {
      const told = (...words: Parameters<typeof through>) =>
        changed((lab) => lab.walks[walk].request.splice(1, 0, through(...words))).map(({ what }) => what);
      expect(told('a', 'nat OUTPUT: accept', 'x')).to.deep.equal([]);
      const form = 'it is written [FAMILY] TABLE CHAIN [> CHAIN …][: ENDING], as in nat PREROUTING';
      for (const way of ['OUTPUT: accept', 'nat OUTPUT:accept', 'a b c d e: accept'])
        expect(told('a', way, 'x'), way).to.deep.equal([`${way} is no hook: ${form}`]);
      expect(told('aa', 'nat OUTPUT', 'x')).to.deep.equal(['there is no node aa.']);
      expect(told('a', 'inett filter output', 'x')).to.deep.equal(['inett is no family.']);
      expect(told('a', 'inet filter: accept', 'x')).to.deep.equal([
        'inet is a family, and a table is missing behind it: a hook is PLACE [FAMILY] TABLE CHAIN',
      ]);
      expect(told('a', 'nat OUTPUT > A B: accept', 'x')).to.deep.equal([
        "'A B' is no chain: chains are joined by ' > '",
      ]);
      expect(told('a', 'nat OUTPUT: acept', 'x')).to.deep.equal(['acept is no ending.']);
      expect(told('a', 'nat OUTPUT: policy masquerade', 'x')).to.deep.equal(['masquerade is no policy.']);
      expect(told('a', 'nat OUTPUT: mark set 0x1', 'x')).to.deep.equal([]);
    });
  });

  describe('with an order of hops that cannot be, which is a warning: the verdict is the kernel’s', () => {
    /** A router between two hosts, and a walk whose request crosses these places, one after the other. */
    const order = (points: string[], { command = 'ping -c 1 10.0.9.2', setup = {}, part = 'request' } = {}) =>
      warned((lab) => {
        Object.assign(lab.nodes, { r: 'router', c: 'host' });
        lab.links.push('a:eth1 -- r:eth0', 'r:eth1 -- c:eth0');
        lab.setup = setup;
        lab.walks[walk].send.command = command;
        const hops = points.map((point) =>
          / \w+ \w+$/.test(point)
            ? through(point.split(' ')[0] as 'a', point.split(' ').slice(1).join(' '), 'x')
            : hop(point),
        );
        lab.walks.other = { send: lab.walks[walk].send, request: [hop('a:eth1')], [part]: hops };
      }).map((warning) => warning.replace(/^walks\['other'\]\.\w+\[\d+\] at /, ''));

    it('are none in a good one', () => {
      for (const points of [
        ['a:eth1', 'r:eth0', 'r:eth1', 'c:eth0'],
        ['a:eth1 out', 'r:eth0 in', 'r:eth1 out', 'c:eth0 in'],
        ['a nat OUTPUT', 'a:eth1', 'r:eth0', 'r nat PREROUTING', 'r:eth0', 'a:eth1', 'a nat PREROUTING'],
        ['a nat OUTPUT'],
        ['a:lo in', 'a nat INPUT'],
      ])
        expect(order(points), points.join()).to.deep.equal([]);
    });

    it('name a request that does not begin where it is sent', () => {
      expect(order(['r:eth0', 'a:eth1'])[0]).to.equal('r:eth0: it is sent from a: its first hop is there, not at r');
      expect(order(['a:eth1 in', 'r:eth0'])[0]).to.equal(
        'a:eth1 in: a sends it: it cannot come in before it has gone out',
      );
      expect(order(['a nat PREROUTING', 'a:eth1'])[0]).to.equal(
        'a nat PREROUTING: a sends it: it passes no a nat PREROUTING before it has come in',
      );
    });

    it('leave a command alone that may send from elsewhere', () => {
      for (const command of ['docker exec x ping -c 1 10.0.9.2', 'ip netns exec r ping -c 1 10.0.9.2', './send'])
        expect(order(['r:eth1', 'c:eth0'], { command }), command).to.deep.equal([]);
    });

    it('name what arrives before it leaves', () => {
      expect(order(['a:eth1', 'r:eth0', 'c:eth0', 'r:eth1'])).to.deep.equal([
        'c:eth0: it arrives before it leaves: its cable comes from r:eth1, which is listed after it',
      ]);
      expect(order(['a:eth1', 'r:eth0', 'c:eth0 in', 'r:eth1 out'])).to.have.length(1);
      expect(order(['a:eth1', 'r:eth1 out', 'c:eth0'])[0]).to.equal(
        'r:eth1 out: it goes out of r before it has come there: what is seen there first comes in',
      );
      expect(
        order(['a:eth1', 'r:eth0', 'c:eth0', 'r:eth1'], { setup: { X: { c: 'ip link del eth0' } } }),
      ).to.deep.equal([]);
    });

    it('name a hook that comes before the packet does, or where it never comes', () => {
      expect(order(['a:eth1', 'r nat PREROUTING', 'r:eth0'])).to.deep.equal([
        'r nat PREROUTING: it passes a hook of r before it comes there: list the interface by which it comes in first',
      ]);
      expect(order(['a:eth1', 'c nat PREROUTING'])).to.deep.equal([
        'c nat PREROUTING: no hop of its walk is at an interface of c. Did you mean a?',
      ]);
    });

    it('name an interface that is listed twice for nothing', () => {
      const twice = ['a:eth1 out', 'r:eth0 in', 'r:eth0 in'];
      expect(order(twice)).to.deep.equal(['r:eth0 in: it is listed twice in a row, and nothing is between']);
      expect(order(twice, { setup: { X: { a: 'tc qdisc add dev eth1 root netem duplicate 100%' } } })).to.deep.equal(
        [],
      );
      expect(order(['a:eth1', 'r:eth0', 'r:eth0'])).to.deep.equal([]);
    });

    it('let a macvlan of a pod leave by its node', () => {
      const problems = changed((lab) => {
        lab.setup = { X: { b: 'ip link add mv0 link eth0 netns pod type macvlan' } };
        lab.walks.other = {
          send: send('pod', 'ping -c 1 10.0.0.1'),
          request: [hop('pod:mv0'), hop('b:eth0 out'), hop('a:eth0')],
        };
      });
      expect(problems).to.deep.equal([]);
    });
  });

  describe('with what is said of answers', () => {
    const unanswered = (change: (walk: Unchecked[keyof Unchecked]) => void) =>
      changed((lab) => {
        lab.walks[walk].unanswered = true;
        delete lab.walks[walk].reply;
        change(lab.walks[walk]);
      }).map(({ what }) => what);

    it('that only a ping has, and not where no answer is listed to come', () => {
      expect(unanswered(() => {})).to.deep.equal([]);
      expect(unanswered(({ send }) => (send.command = 'timeout 2 ping -c 1 10.0.0.2'))).to.deep.equal([]);
      expect(unanswered(({ send }) => (send.command = 'nc -u 10.0.0.2 5'))).to.deep.equal([
        'only the sender of a ping is told that it was answered: leave it out',
      ]);
      expect(unanswered((each) => (each.reply = []))).to.deep.equal([
        '`reply: []` says already that there is no answer: leave one out',
      ]);
      const listed = { at: 'a:eth0', because: 'It is back', headers: [] };
      expect(unanswered((each) => (each.reply = [listed]))).not.to.include('leave one out');
    });
  });

  describe('with pings', () => {
    const sent = (command: string) => changed((lab) => (lab.walks[walk].send.command = command));

    it('that are too small to carry the pattern by which they are followed', () => {
      for (const command of ['ping -c 1 -s 8 10.0.0.2', 'ping -c1 -s23 10.0.0.2', 'ping -s 0 -c 1 10.0.0.2'])
        expect(sent(command), command).to.deep.equal([
          {
            where: "walks['a pings b'].send",
            what: 'a ping is followed by its bytes 16 to 23: send 24 or more (-s 24)',
          },
        ]);
      for (const command of ['ping -c 1 -s 24 10.0.0.2', 'ping -c 1 10.0.0.2', 'ping -c 1 -M do -s 1422 10.0.0.2'])
        expect(sent(command), command).to.deep.equal([]);
    });

    it('that bring their own pattern, by which they are followed', () => {
      expect(sent('ping -c 1 -p ff 10.0.0.2')).to.deep.equal([
        { where: "walks['a pings b'].send", what: 'a ping is followed by a pattern of its own: leave -p out' },
      ]);
    });

    it('that are more than one packet', () => {
      for (const command of ['ping 10.0.0.2', 'ping -c 3 10.0.0.2'])
        expect(sent(command), command).to.deep.equal([
          { where: "walks['a pings b'].send", what: 'a walk follows one packet: ping -c 1' },
        ]);
    });
  });

  describe('with checks', () => {
    it('that look nowhere or expect nothing', () => {
      expect(changed((lab) => (lab.checks['a has an address'].see = {}))).to.deep.equal([
        { where: "checks['a has an address'].see", what: 'a check that looks nowhere proves nothing' },
      ]);
      for (const empty of [[], { lines: [] }, { lacks: [] }, [{ json: [{ ifname: 'eth0' }] }, { lacks: [] }]])
        expect(
          changed((lab) => (lab.checks['a has an address'].see.a = empty)),
          JSON.stringify(empty),
        ).to.deep.equal([
          { where: "checks['a has an address'].see.a", what: 'expects nothing, and so proves nothing' },
        ]);
    });

    it('that send from nobody to nobody', () => {
      for (const pairs of [[], [{ from: [], to: ['b'] }], [{ from: ['a'], to: ['a'] }]])
        expect(
          changed((lab) => (lab.checks['a reaches b'].pairs = pairs)),
          JSON.stringify(pairs),
        ).to.deep.equal([{ where: "checks['a reaches b'].pairs", what: 'nobody sends to anybody: it proves nothing' }]);
    });

    it('that send to a node which has no address', () => {
      const problems = changed((lab) => {
        lab.nodes.c = 'host';
        lab.checks['a reaches b'].pairs.push({ from: ['a'], to: ['c'] });
      });
      expect(problems).to.deep.equal([{ where: "checks['a reaches b'].pairs", what: 'c has no address' }]);
    });

    it('that name unknown claims', () => {
      for (const claim of ['C-9', { claim: 'C-9', corrects: 'x' }])
        for (const title of ['a has an address', 'a reaches b'])
          expect(changed((lab) => (lab.checks[title].claim = claim))).to.deep.equal([
            { where: `checks['${title}'].claim`, what: 'there is no claim C-9.', hint: 'Did you mean C-1?' },
          ]);
    });
  });

  describe('with faults', () => {
    const fault = (change: object) => changed((lab) => Object.assign(lab.faults['b is deaf'], change));

    it('that are lost at a hop which their walk does not have', () => {
      expect(fault({ lostAt: 'a:eth1' })).to.deep.equal([
        { where: "faults['b is deaf'].lostAt", what: 'its walk has no hop a:eth1.', hint: 'Did you mean a:eth0?' },
      ]);
      expect(fault({ lostAt: 'reply a:eth1' })[0]!.hint).to.equal('Did you mean reply a:eth0?');
      expect(fault({ lostAt: 'reply a:eth0' })).to.deep.equal([]);
    });

    it('that say not where, or say it twice', () => {
      expect(fault({ differsAt: 'b:eth0' })[0]!.what).to.equal(
        'a walk is lost at a hop or differs there: state lostAt or differsAt, not both',
      );
      expect(changed((lab) => delete lab.faults['b is deaf'].lostAt)[0]!.what).to.equal(
        'says not where its walk fails: state lostAt or differsAt',
      );
      expect(
        changed((lab) => {
          lab.faults['b is deaf'].differsAt = 'b:eth0 in';
          delete lab.faults['b is deaf'].lostAt;
        }),
      ).to.deep.equal([]);
    });

    it('that name a hop which is listed twice, going either way', () => {
      const twice = (lostAt: string, ...points: string[]) =>
        changed((lab) => {
          lab.walks[walk].request.push(...points.map((point) => hop(point)));
          lab.faults['b is deaf'].lostAt = lostAt;
        }).map(({ what }) => what);
      expect(twice('b:veth', 'b:veth out', 'b:veth in')).to.deep.equal([
        'b:veth is crossed twice: say b:veth in or b:veth out',
      ]);
      expect(twice('b:veth in', 'b:veth out', 'b:veth in')).to.deep.equal([]);
      expect(twice('b:veth in', 'b:veth', 'b:veth')).to.deep.equal([
        'b:veth is crossed twice: say b:veth in or b:veth out, and in the walk too',
      ]);
    });

    it('that name no place a packet could be at', () => {
      expect(fault({ lostAt: 'b' })[0]!.what).to.match(/^b is no hop: a hop is written/);
      expect(fault({ lostAt: 'b:eth0 inn' })[0]).to.include({ what: 'inn is no direction.', hint: 'Did you mean in?' });
    });

    it('that concern an unknown walk', () => {
      expect(fault({ walk: 'a pings c' })).to.deep.equal([
        { where: "faults['b is deaf']", what: "there is no walk 'a pings c'.", hint: 'Did you mean a pings b?' },
      ]);
      expect(fault({ untouched: ['a pings c'] })).to.have.length(1);
    });

    it('whose lost walk must not notice', () => {
      expect(fault({ untouched: [walk] })).to.deep.equal([
        { where: "faults['b is deaf'].untouched", what: "'a pings b' is the walk that is lost" },
      ]);
    });

    it('that name unknown claims', () => {
      expect(fault({ claims: ['C-9'] })).to.deep.equal([
        { where: "faults['b is deaf'].claims", what: 'there is no claim C-9.', hint: 'Did you mean C-1?' },
      ]);
    });
  });

  it('are reported where a lab has no walk', () => {
    expect(changed((lab) => (lab.walks = {}))[0]).to.deep.equal({
      where: 'walks',
      what: 'a lab has at least one walk',
    });
  });
});

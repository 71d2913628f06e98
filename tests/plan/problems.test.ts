import { expect } from 'chai';
import { at, icmp, ip, mac, send, through } from '../../src/index.ts';
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

    it('that use an address twice', () => {
      expect(cable('a:eth1 10.0.0.2/16 -- b:eth1')).to.deep.equal([
        { where: "links 'a:eth1 -- b:eth1'", what: "the address 10.0.0.2 is also in links 'a:eth0 -- b:eth0'" },
      ]);
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
    it('on an interface that no cable or command makes', () => {
      expect(changed((lab) => lab.walks[walk].request.push(hop('a:eth9')))).to.deep.equal([
        {
          where: "walks['a pings b'].request[2] at a:eth9",
          what: 'no cable or command makes eth9 on a.',
          hint: 'Did you mean eth0?',
        },
      ]);
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
        'a is no point: it is written NODE:INTERFACE',
      );
    });

    it('that the answer would satisfy as well, or that state nothing', () => {
      const told = (...headers: Parameters<typeof at>[2][]) =>
        changed((lab) => lab.walks[walk].request.push({ at: 'a:eth0', because: 'x', headers: headers.flat() }));
      expect(told(ip(), icmp())[0]!.what).to.equal(
        'the answer would satisfy this hop too: state both addresses or, for ICMP, the type',
      );
      expect(told(ip({ ttl: 64 }), icmp())).to.have.length(1);
      expect(told()[0]!.what).to.equal('states no headers');
      expect(told(ip({ src: '10.0.0.1', dst: '10.0.0.2' }), icmp())).to.deep.equal([]);
      expect(told(ip(), icmp({ type: 'echo request' }))).to.deep.equal([]);
    });

    it('of an end that a ping has not', () => {
      const end = changed((lab) => (lab.walks[walk].end = lab.walks[walk].reply));
      expect(end).to.deep.equal([{ where: "walks['a pings b'].end", what: 'a ping has no connection that could end' }]);
    });

    it('of a hook that is none, or at a place that is none', () => {
      const told = (...words: Parameters<typeof through>) =>
        changed((lab) => lab.walks[walk].request.splice(1, 0, through(...words))).map(({ what }) => what);
      expect(told('a', 'nat OUTPUT: accept', 'x')).to.deep.equal([]);
      expect(told('a', 'OUTPUT: accept', 'x')).to.deep.equal([
        'OUTPUT: accept is no hook: it is written TABLE CHAIN, as in nat PREROUTING',
      ]);
      expect(told('aa', 'nat OUTPUT', 'x')).to.deep.equal(['there is no node aa.']);
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

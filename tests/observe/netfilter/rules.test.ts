import { expect } from 'chai';
import { ruleOf, rulesOf } from '../../../src/observe/netfilter/rules.ts';

describe('rulesOf', () => {
  it('finds rules by family, table and handle, and where base chains are attached', () => {
    const { rules, hooks } = rulesOf(`table ip nat { # handle 1
\tchain PREROUTING { # handle 1
\t\ttype nat hook prerouting priority dstnat; policy accept;
\t\tip daddr 10.9.9.9  counter packets 3 bytes 180 jump KUBE-X # handle 3
\t}

\tchain KUBE-X { # handle 2
\t\tmeta l4proto tcp /* a: b */ counter packets 0 bytes 0 dnat to 10.0.1.1:80 # handle 4
\t}
}
# Warning: table ip filter is managed by iptables-nft, do not touch!
table inet filter { # handle 2
\tchain input { # handle 1
\t\tcomment "hi"
\t\ttype filter hook input priority filter + 5; policy drop;
\t\tct state invalid drop comment "what is not # handle 9" # handle 4
\t}
}
table netdev n { # handle 3
\tchain i { # handle 1
\t\ttype filter hook ingress device "eth0" priority filter; policy accept;
\t}
}`);
    expect([...rules]).to.deep.equal([
      ['ip nat 3', { text: 'ip daddr 10.9.9.9 jump KUBE-X', verdict: 'jump', position: 1 }],
      ['ip nat 4', { text: 'meta l4proto tcp dnat to 10.0.1.1:80', target: 'dnat', to: '10.0.1.1:80', position: 1 }],
      ['inet filter 4', { text: 'ct state invalid drop', verdict: 'drop', position: 1 }],
    ]);
    expect([...hooks]).to.deep.equal([
      ['ip nat PREROUTING', 'prerouting'],
      ['inet filter input', 'input'],
      ['netdev n i', 'ingress'],
    ]);
  });

  it('takes no handle of a set, map, counter or flowtable for a rule’s, and rules of several lines whole', () => {
    const { rules } = rulesOf(`table inet q { # handle 1
\tcounter cc { # handle 6
\t\tpackets 0 bytes 0
\t}

\tset s { # handle 7
\t\ttype ipv4_addr
\t\telements = { 1.2.3.4 counter packets 0 bytes 0 comment "a # handle 9", 2.3.4.5,
\t\t\t     3.4.5.6 }
\t}

\tflowtable f { # handle 9
\t\thook ingress priority filter
\t}

\tchain c { # handle 3
\t\ttype filter hook forward priority filter; policy accept;
\t\ttcp dport 22 jump {
\t\t\tip saddr 1.1.1.1 accept
\t\t\tdrop
\t\t} # handle 12
\t\tip daddr { 1.1.1.1, 2.2.2.2,
\t\t\t     3.3.3.3 } accept # handle 14
\t\tip daddr vmap { 1.1.1.1 : drop, 2.2.2.2 : jump x } comment "x # handle 5" # handle 16
\t}
}`);
    expect([...rules]).to.deep.equal([
      ['inet q 12', { text: 'tcp dport 22 jump { ip saddr 1.1.1.1 accept drop }', verdict: 'jump', position: 1 }],
      ['inet q 14', { text: 'ip daddr { 1.1.1.1, 2.2.2.2, 3.3.3.3 } accept', verdict: 'accept', position: 2 }],
      ['inet q 16', { text: 'ip daddr vmap { 1.1.1.1 : drop, 2.2.2.2 : jump x }', position: 3 }],
    ]);
  });
});

describe('ruleOf', () => {
  const statements: [string, object][] = [
    ['masquerade fully-random', { target: 'masquerade' }],
    ['masquerade to :1024-2048 random,persistent', { target: 'masquerade' }],
    ['ct mark 1 meta l4proto tcp dnat ip to 10.0.0.1:80 random,persistent', { target: 'dnat', to: '10.0.0.1:80' }],
    ['dnat ip6 to [fd00::1]:80', { target: 'dnat', to: '[fd00::1]:80' }],
    ['dnat ip6 to fd00::1', { target: 'dnat', to: 'fd00::1' }],
    ['dnat to 10.0.0.2-10.0.0.9', { target: 'dnat' }],
    ['dnat ip to numgen random mod 1 map { 0 : 10.0.0.1 . 80 }', { target: 'dnat', to: '10.0.0.1:80' }],
    ['dnat to numgen inc mod 1 map { 0 : 10.0.0.1 }', { target: 'dnat', to: '10.0.0.1' }],
    ['dnat ip to numgen random mod 2 map { 0 : 10.0.0.1 . 80, 1 : 10.0.0.2 . 80 }', { target: 'dnat' }],
    ['dnat ip addr . port to ip daddr . tcp dport map @services', { target: 'dnat' }],
    ['snat ip to 10.1.1.1', { target: 'snat', to: '10.1.1.1' }],
    ['snat ip prefix to 10.0.0.0/24', { target: 'snat' }],
    ['tcp dport 81 redirect to :8080', { target: 'redirect', to: ':8080' }],
    ['redirect', { target: 'redirect' }],
    ['reject with icmp port-unreachable', { target: 'reject' }],
    ['udp dport 99 reject', { target: 'reject' }],
    ['meta l4proto udp queue num 0-3 bypass', { verdict: 'queue' }],
    ['meta l4proto udp queue flags bypass to 0-3', { verdict: 'queue' }],
    ['ct status dnat accept', { verdict: 'accept' }],
    ['goto X', { verdict: 'goto' }],
    ['return', { verdict: 'return' }],
    ['iifname "drop" log prefix "accept "', {}],
    ['ip daddr vmap { 10.0.0.1 : drop }', {}],
    ['meta l4proto tcp xt target "MASQUERADE"', { target: 'masquerade' }],
    ['xt target DNAT', { target: 'dnat' }],
    ['meta l4proto tcp # xt_REJECT', { target: 'reject' }],
    ['xt target "TPROXY"', {}],
  ];
  for (const [text, statement] of statements)
    it(text, () => expect(ruleOf(text)).to.deep.equal({ text, ...statement }));

  it('leaves out what changes while packets pass', () => {
    const changing = 'quota 10 mbytes used 3 kbytes limit rate 3/second counter packets 1 bytes 2 accept comment "x"';
    expect(ruleOf(changing).text).to.equal('quota 10 mbytes limit rate 3/second accept');
    expect(ruleOf('counter name "cc" xt match "comment" accept').text).to.equal('counter name "cc" accept');
  });
});

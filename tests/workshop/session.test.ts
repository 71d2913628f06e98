import { expect } from 'chai';
import type { Lab } from '../../src/index.ts';
import { needsNamespaces, twoHosts } from '../stand.ts';
import { attend } from './attendee.ts';

const lab = (): Lab => ({
  ...twoHosts(),
  setup: {
    'a has a second address': { a: 'ip addr add 10.0.0.3/24 dev eth0' },
    'b knows a network behind it': { b: 'ip route add 10.9.0.0/16 via 10.0.0.3' },
  },
  faults: {
    'b is deaf': {
      break: { b: 'ip link set eth0 down' },
      lostAt: 'b:eth0',
      hint: 'Look at b',
      fix: { b: 'ip link set eth0 up\nip route add 10.9.0.0/16 via 10.0.0.3' },
    },
  },
});

describe('a workshop on a terminal', () => {
  before(function () {
    needsNamespaces(this);
  });

  it('is done by whatever leads there, and is not done any more when it is undone', async () => {
    await using at = await attend(lab());
    expect((await at.line('true')).passed).to.equal(false);
    expect((await at.line('ip address replace 10.0.0.3/24 dev eth0 scope global')).passed).to.equal(true);
    await at.prints('✓');
    const { passed, lines } = await at.line('ip addr del 10.0.0.3/24 dev eth0');
    expect(passed).to.equal(false);
    expect(lines.join()).to.contain('It was done, and is no longer');
    expect((await at.line('next')).lines).to.deep.equal(['It is not done yet. Go on without: skip']);
  });

  it('hints in three levels, and counts them', async () => {
    await using at = await attend(lab());
    const first = async () => (await at.line('hint')).lines[0];
    expect(await first()).to.equal('Look on a: `ip addr`');
    expect(await first()).to.equal('a: address 10.0.0.3/24 dev eth0 is missing');
    expect(await first()).to.equal('a# ip addr add 10.0.0.3/24 dev eth0');
    expect(await first()).to.equal('a# ip addr add 10.0.0.3/24 dev eth0');
    expect(at.game.entry().hints).to.equal(4);
  });

  it('names what is wrong besides what is missing', async () => {
    await using at = await attend(lab());
    await at.line('ip addr add 10.0.0.33/24 dev eth0');
    await at.line('hint');
    expect((await at.line('hint')).lines.slice(0, 2)).to.have.members([
      'a: address 10.0.0.3/24 dev eth0 is missing',
      'a: address 10.0.0.33/24 dev eth0 should not be there',
    ]);
    at.type('reset\n');
    await at.prints('(y/n) ');
    at.type('y');
    await at.prints('a# ');
    await at.line('hint');
    expect((await at.line('hint')).lines[0]).to.equal('a# ip addr add 10.0.0.3/24 dev eth0');
  });

  it('names no line for what an earlier step did and somebody undid, but says so', async () => {
    const { setup, ...rest } = lab();
    await using at = await attend({
      ...rest,
      setup: {
        'a has a bridge': { a: 'ip link add own type bridge' },
        'b has a second address': { b: 'ip addr add 10.0.0.3/24 dev eth0' },
      },
    });
    await at.line('ip link add own type bridge');
    await at.line('next');
    await at.line('on a');
    await at.line('ip link del own');
    await at.line('hint');
    await at.line('hint');
    expect((await at.line('hint')).lines.slice(0, -1)).to.deep.equal([
      'What was there before this step is not as it was:',
      '  a: link own is missing',
      'Bring it back, or begin this one anew: reset',
    ]);
    await at.line('ip link add own type bridge');
    expect((await at.line('hint')).lines[0]).to.equal('b# ip addr add 10.0.0.3/24 dev eth0');
  });

  it('deals with lines that are typed ahead in their order', async () => {
    await using at = await attend(lab());
    at.type('ip addr add 10.0.0.3/24 dev eth0\nnext\n');
    await at.prints('a has a second address');
    await at.prints('b knows a network behind it');
    expect(at.game.item().title).to.equal('b knows a network behind it');
  });

  it('asks beside the shell, so that what a lab prints solves nothing', async () => {
    await using at = await attend(lab());
    at.type("printf '\\033]5151;solve\\007y\\ny\\n'\n");
    await at.prints('Have it done for you? (y/n) ');
    at.type('n');
    await at.prints('Nothing was typed.');
    expect(at.game.entry().verdict).to.equal('open');
  });

  it('gives a new shell to who kills it, and asks who leaves it', async () => {
    await using at = await attend(lab());
    at.type('kill -9 $$\n');
    await at.prints('The shell on a was killed. Here is a new one.');
    await at.prints('a# ');
    at.type('exit\n');
    await at.prints('(y/n) ');
    at.type('n');
    await at.prints('a# ');
    expect((await at.line('ip addr add 10.0.0.3/24 dev eth0')).passed).to.equal(true);
    at.type('exit\n');
    await at.prints('(y/n) ');
    at.type('y');
    await at.ended;
  });

  it('goes to other places, and says which there are', async () => {
    await using at = await attend(lab());
    expect((await at.line('on c')).lines).to.deep.equal(['Type `on PLACE`, of these: a, b']);
    await at.line('on b');
    await at.prints('b# ');
    at.type('ip -br addr show eth0\n');
    await at.prints('10.0.0.2/24');
  });

  it('solves what is to be done at one place, and says which these are', async () => {
    await using at = await attend(lab());
    expect((await at.line('solve nowhere')).lines).to.deep.equal(['Type `solve PLACE`, of these: a']);
    expect((await at.line('solve b')).lines).to.deep.equal(['Type `solve PLACE`, of these: a']);
    at.type('solve a\n');
    await at.prints('Have the lines of a typed? (y/n) ');
    at.type('y');
    await at.until(() => at.turns.some(({ passed }) => passed));
    await at.line('skip');
    await at.line('skip');
    await at.line('skip');
    expect((await at.line('solve b')).lines).to.deep.equal(['Here, all is done at once: solve']);
  });

  it('leaves `break` to the loops that need it, and else breaks something', async () => {
    await using at = await attend(lab());
    await at.line('for i in 1 2 3; do echo round$i; break; done; echo out');
    await at.prints('round1\r\nout');
    expect(at.game.item().chapter).to.equal('build');
    const { lines } = await at.line('break');
    expect(at.game.item().chapter).to.equal('break');
    expect(lines.join('\n')).to.contain('Something is broken').and.not.contain('deaf');
  });

  it('takes any cure of a fault by which all is well again, and no other', async () => {
    await using at = await attend(lab(), 3);
    expect(at.game.item().title).to.equal('b is deaf');
    expect((await at.line('predict b:eth0')).lines[0]).to.match(/^✓/);
    await at.line('on b');
    expect((await at.line('ip link set eth0 address 02:00:00:00:00:99')).passed).to.equal(false);
    expect((await at.line('ip link set dev eth0 up')).passed).to.equal(true);
    expect(at.game.progress.predictions).to.deep.equal({ right: 1, of: 1 });
    expect((await at.line('list')).lines.join('\n')).to.contain('b is deaf');
  });

  it('shows a walk once it was predicted, and scores what was said', async () => {
    await using at = await attend(lab(), 2);
    const { passed, lines } = await at.line('predict a:eth1');
    expect(passed).to.equal(true);
    expect(lines[0]).to.equal('✗ No: it is seen at b:eth0 next.');
    expect(at.game.progress.predictions).to.deep.equal({ right: 0, of: 1 });
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ownFolder, packetwalk, smallLab } from './packetwalk.ts';

describe('show', () => {
  const own = ownFolder();
  after(() => own[Symbol.dispose]());
  const shown = async (lab: string): Promise<string> => {
    writeFileSync(join(own.folder, 'mine.ts'), lab);
    return (await packetwalk(own.folder)('show', './mine.ts')).stdout;
  };

  it('prints what is really typed: a plain ping carries a pattern, any other command runs as it is', async () => {
    expect(await shown(smallLab())).to.contain(
      'a# ping -p PATTERN -W 3 -c 1 10.0.0.2   (PATTERN: 8 bytes of its own, by which it is followed)\n',
    );
    const other = await shown(smallLab().replace("'ping -c 1 10.0.0.2'", '\'sh -c "ping -c 1 10.0.0.2"\''));
    expect(other).to.contain('a# sh -c "ping -c 1 10.0.0.2"\n');
  });

  it('prints what a step waits for, and which checks are made again or alone', async () => {
    const lab = smallLab({ setup: "Wait: { a: until('It is so', 'true', '5 s') }" })
      .replace('lab, send }', 'lab, lines, send, until }')
      .replace(
        /\n\}\);/,
        "\n  checks: { 'It is': { run: 'date', see: { a: lines('2') }, within: '2 s', changes: true } },\n});",
      );
    const text = await shown(lab);
    expect(text).to.match(/\nWait\n {2}\(it waits until this is so, 5 s at most: It is so\)\na# tries=1 .*true/);
    expect(text).to.contain(
      'Check: It is\n  (alone, after all others: it alters the lab)\n  (again until it is so, for 2 s at most)\na# date',
    );
  });

  it('prints what a workshop says of a step, a walk and a fault', async () => {
    const lab = smallLab({
      setup: `More: { do: { a: 'true' }, notes: 'So it is', see: { run: 'date', see: { a: lines('2') } } }`,
    })
      .replace('lab, send }', 'lab, lines, send }')
      .replace(
        "send: send('a'",
        "ask: { question: 'Why?', answer: ['so', 'thus'], shownBy: send('a', 'date') },\n      send: send('a'",
      );
    const text = await shown(lab);
    expect(text).to.contain('More\n  (notes: So it is)\n  (seen on a by: date)\na# true');
    expect(text).to.contain('Walk: a pings b\n  (asked: Why? so, or thus)\n');
  });

  it('prints the hops as a lab lists them, each part under its name', async () => {
    const lab = smallLab().replace(
      '],\n    },\n  },',
      `],
      reply: [at('a:eth0 in', 'It is answered', [icmp({ type: 'echo reply' })])],
    },
  },`,
    );
    expect(await shown(lab)).to.contain(
      "  b:eth0  It reaches b\n      ip({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 64 }), icmp({ type: 'echo request' })\n" +
        "  reply\n  a:eth0 in  It is answered\n      icmp({ type: 'echo reply' })",
    );
  });
});

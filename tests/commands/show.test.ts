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
      'a# ping -p PATTERN -W 1 -c 1 10.0.0.2   (PATTERN: 8 bytes of its own, by which it is followed)\n',
    );
    const other = await shown(smallLab().replace("'ping -c 1 10.0.0.2'", '\'sh -c "ping -c 1 10.0.0.2"\''));
    expect(other).to.contain('a# sh -c "ping -c 1 10.0.0.2"\n');
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

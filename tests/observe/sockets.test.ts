import { expect } from 'chai';
import { openSockets } from '../../src/observe/sockets.ts';

const files: Record<string, string> = {
  tcp: '  sl  local_address rem_address   st\n   0: 00000000:0016 00000000:0000 0A\n',
  udp: '  sl  local_address rem_address   st\n 1205: 0100007F:0035 00000000:0000 07\n',
  udp6: '  sl  local_address rem_address   st\n  12: 00000000000000000000000000000000:2118 00000000000000000000000000000000:0000 07\n',
};

describe('openSockets', () => {
  it('are those of a place, by protocol and port, those of IPv6 with them, which may send IPv4', async () => {
    const asked: string[] = [];
    const runtime = {
      async script(place: string, command: string) {
        asked.push(place);
        // What grep -H prints of the files that are there.
        const stdout = command.split(' ').flatMap((word) => {
          const text = files[word.slice('/proc/net/'.length)] ?? '';
          return text.split('\n').flatMap((line) => (line.includes(':') ? [`${word}:${line}`] : []));
        });
        return { command, code: 0, stdout: `${stdout.join('\n')}\n`, stderr: '' };
      },
    };
    const found = await openSockets(runtime, ['a', 'a']);
    expect([...found].sort()).to.deep.equal(['tcp 22', 'udp 53', 'udp 8472']);
    expect(asked).to.deep.equal(['a']);
  });
});

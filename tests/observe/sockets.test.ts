import { expect } from 'chai';
import { openSockets } from '../../src/observe/sockets.ts';

const files: Record<string, string> = {
  tcp: '  sl  local_address rem_address   st\n   0: 00000000:0016 00000000:0000 0A\n',
  udp: '  sl  local_address rem_address   st\n 1205: 0100007F:0035 00000000:0000 07\n',
  udp6: '  sl  local_address rem_address   st\n  12: 00000000000000000000000000000000:2118 00000000000000000000000000000000:0000 07\n',
};

describe('openSockets', () => {
  it('are those of a place, by protocol and port, those of IPv6 with them, which may send IPv4', async () => {
    const asked: string[][] = [];
    const runtime = {
      async read(places: string[], paths: string[]) {
        asked.push(places);
        const shown = paths.flatMap((path) => {
          const text = files[path.slice('/proc/net/'.length)];
          return text === undefined ? [] : [[path, text] as const];
        });
        return new Map(places.map((place) => [place, new Map(shown)]));
      },
    };
    const found = await openSockets(runtime, ['a', 'a']);
    expect([...found].sort()).to.deep.equal(['tcp 22', 'udp 53', 'udp 8472']);
    expect(asked).to.deep.equal([['a']]);
    expect([...(await openSockets(runtime, []))]).to.deep.equal([]);
    expect(asked).to.have.length(1);
  });
});

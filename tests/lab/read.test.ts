import { expect } from 'chai';
import { addressOf } from '../../src/lab/read.ts';

const end = (place: string, address?: string) => ({ place, ...(address && { address }) });

describe('The address of a place', () => {
  it('is that of its first cable which no other place has', () => {
    const links = [
      { ends: [end('a', '10.0.0.9/24'), end('lan')] },
      { ends: [end('a', '10.0.0.1/24'), end('b', '10.0.0.2/24')] },
      { ends: [end('b', '10.0.0.9/24'), end('c', '10.0.0.9/24')] },
    ];
    expect(['a', 'b', 'c', 'lan'].map((place) => addressOf(links, place))).to.deep.equal([
      '10.0.0.1',
      '10.0.0.2',
      undefined,
      undefined,
    ]);
  });

  it('is found in one look at each cable, however many there are', () => {
    let looks = 0;
    const links = Array.from({ length: 100 }, (_, i) => ({
      get ends() {
        looks++;
        return [end(`host${i}`, `10.0.0.${i}/24`), end('lan')];
      },
    }));
    expect(addressOf(links, 'host99')).to.equal('10.0.0.99');
    expect(looks).to.equal(100);
  });
});

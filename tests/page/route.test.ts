import { expect } from 'chai';
import { hashOf, type Route, routeOf } from '../../src/page/route.ts';

describe('The address of a view', () => {
  const routes: [string, Route][] = [
    ['#walk/1/hop/6', { run: 0, view: 'walk', item: 0, hop: 5 }],
    ['#drill/2', { run: 0, view: 'drill', item: 1 }],
    ['#drill/2/before/hop/3', { run: 0, view: 'drill', item: 1, before: true, hop: 2 }],
    ['#run/3/checks', { run: 2, view: 'checks' }],
    ['#compare', { run: 0, view: 'compare' }],
    [
      '#beside/run/2/walk/1/with/drill/3',
      {
        run: 1,
        view: 'beside',
        sides: [
          { run: 1, view: 'walk', item: 0 },
          { run: 0, view: 'drill', item: 2 },
        ],
      },
    ],
  ];
  for (const [hash, route] of routes)
    it(`${hash} is read as it is written`, () => {
      expect(routeOf(hash, 'summary')).to.deep.equal(route);
      expect(hashOf(route)).to.equal(hash);
    });

  for (const hash of [
    '',
    '#',
    '#nothing/7',
    '#walk/one',
    '#<script>',
    '#walk/1/hop/6/7',
    '#beside/walk/1',
    '#beside/x/with/',
  ])
    it(`${hash || 'nothing'} that cannot be read is the first view`, () =>
      expect(routeOf(hash, 'compare')).to.deep.equal({ run: 0, view: 'compare' }));
});

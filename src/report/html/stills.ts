import { h } from 'preact';
import { Still } from '../../page/drawing.tsx';
import type { Plan } from '../../plan/plan.ts';
import type { Document } from '../../record/document.ts';
import { asset } from './asset.ts';
import { markup } from './markup.ts';
import { picture } from './picture.ts';

/** The lab with each walk's request drawn over it, as files of SVG that hold their own styles, in the order of the walks. */
export async function stills(plan: Plan, { walks }: Document): Promise<string[]> {
  const seen = walks.flatMap(({ hops, strays }) => [...hops, ...strays]);
  const [layout, style] = await Promise.all([picture({ plan, seen }), asset('still.css')]);
  return walks.map((walk) =>
    markup(h(Still, { layout, walk })).replace(
      /<svg ([^>]*)>/,
      `<svg xmlns="http://www.w3.org/2000/svg" $1><style>${style}</style>`,
    ),
  );
}

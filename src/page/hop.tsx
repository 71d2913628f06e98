import { useState } from 'preact/hooks';
import type { HookResult, HopResult, PointResult, WalkResult } from '../judge/result.ts';
import type { HeaderBytes } from '../packet/header-bytes.ts';
import { throughText } from '../report/notation.ts';
import { Bytes } from './bytes.tsx';
import { Headers, type Lit, Stated } from './headers.tsx';
import { Asked, Folded, Output } from './parts.tsx';
import { changesAt, headersBefore, hopText, partName, seenBrief, signOf } from './words.ts';

/** All that is known of a hop. */
export const Hop = ({
  walk,
  index,
  layout,
}: {
  walk: WalkResult;
  index: number;
  layout: HeaderBytes[] | undefined;
}) => {
  const hop = walk.hops[index]!;
  const { sign, word, tone } = signOf(hop.fate);
  return (
    <section class="hop" aria-labelledby="hop-title">
      <h3 id="hop-title">
        <span class={tone} aria-hidden="true">
          {sign}
        </span>{' '}
        Hop {index + 1} of {walk.hops.length}: <span class="mono">{hopText(hop, walk)}</span>
      </h3>
      <p class="because">{hop.because}</p>
      <p class="facts">
        {[
          partName(hop.part, walk),
          ...(hop.kind === 'point' && hop.direction ? [hop.direction] : []),
          word,
          ...since(walk, index),
        ].join(' · ')}
      </p>
      {hop.difference && <p class="bad">{hop.difference}</p>}
      <Changes walk={walk} index={index} />
      {hop.kind === 'point' ? (
        <AtInterface hop={hop} walk={walk} index={index} layout={layout} />
      ) : (
        <AtHook hop={hop} />
      )}
      {hop.why?.length ? (
        <Folded title="What the node went by">
          {hop.why.map((each) => (
            <Asked key={each.command} place={hop.place} {...each} />
          ))}
        </Folded>
      ) : null}
    </section>
  );
};

/** How long after the hop before, where one clock saw both. */
function since({ hops }: WalkResult, index: number): string[] {
  const time = (hop: HopResult | undefined) => (hop?.kind === 'point' && hop.time ? BigInt(hop.time) : undefined);
  const now = time(hops[index]);
  const before = hops.slice(0, index).findLast((hop) => time(hop) !== undefined);
  if (now === undefined || !before) return [];
  const us = Number(now - time(before)!) / 1000;
  return us < 0 ? [] : [`${us < 1000 ? `${us.toFixed(0)} µs` : `${(us / 1000).toFixed(1)} ms`} after the hop before`];
}

const Changes = ({ walk, index }: { walk: WalkResult; index: number }) => {
  const before = headersBefore(walk, index);
  const list = changesAt(walk, index);
  const hop = walk.hops[index]!;
  if (hop.kind === 'hook' || !hop.seen || !before) return null;
  return (
    <p class="changes">
      <span>Since hop {before.index + 1}:</span>{' '}
      {list.length
        ? list.map((text) => (
            <span key={text} class="change">
              {text}
            </span>
          ))
        : 'nothing changed'}
    </p>
  );
};

const AtInterface = ({
  hop,
  walk,
  index,
  layout,
}: {
  hop: PointResult;
  walk: WalkResult;
  index: number;
  layout: HeaderBytes[] | undefined;
}) => {
  const [lit, setLit] = useState<Lit | null>(null);
  const isAsExpected = hop.fate === 'passed';
  return (
    <>
      {!isAsExpected && <Contrast hop={hop} />}
      {hop.seen && (
        <div class="packet-detail">
          <div>
            <h4>Headers, outermost outside</h4>
            <Headers hop={hop} before={headersBefore(walk, index)?.seen} lit={lit} onLit={setLit} />
          </div>
          {hop.frame && (
            <div>
              <h4>Bytes, as captured</h4>
              <Bytes frame={hop.frame} layout={layout ?? []} lit={lit} onLit={setLit} />
            </div>
          )}
        </div>
      )}
      {isAsExpected && (
        <Folded title="What the lab states of it">
          <Stated headers={hop.expected} />
        </Folded>
      )}
    </>
  );
};

const Contrast = ({ hop }: { hop: PointResult }) => (
  <div class="contrast">
    <div>
      <h4>
        <span aria-hidden="true">−</span> Expected
      </h4>
      <Stated headers={hop.expected} />
    </div>
    <div>
      <h4>
        <span aria-hidden="true">+</span> Seen
      </h4>
      {hop.seen ? (
        <>
          <p>{seenBrief(hop)}</p>
          <ul>
            {hop.differences.map((each) => (
              <li key={JSON.stringify(each)}>{differenceText(each)}</li>
            ))}
          </ul>
        </>
      ) : (
        <p>nothing</p>
      )}
    </div>
  </div>
);

function differenceText({
  protocol,
  field,
  expected,
  seen,
  expectedAt,
  resolved,
}: PointResult['differences'][number]): string {
  if (!field) return expectedAt === undefined ? `${protocol} was not expected` : `${protocol} is missing`;
  const stated =
    typeof expected === 'object' ? `the MAC of ${expected.macOf}${resolved ? `, ${resolved}` : ''}` : expected;
  return `${protocol} ${field} is ${seen ?? 'missing'}, expected ${stated}`;
}

const AtHook = ({ hop }: { hop: HookResult }) => (
  <div class="hook">
    {hop.fate !== 'passed' && (
      <p>
        <span aria-hidden="true">−</span> expected <code>{throughText(hop, hop.expected)}</code>
      </p>
    )}
    {hop.seen ? (
      <>
        <ol class="chains" aria-label="Chains that the packet entered">
          <li>
            {[...(hop.family ? [hop.family] : []), hop.table].join(' ')} <b>{hop.chain}</b>
          </li>
          {hop.seen.chains.map((chain, i) => (
            <li key={i}>
              <b>{chain}</b>
            </li>
          ))}
        </ol>
        <p>
          {hop.seen.ending && (
            <>
              It ends with{' '}
              <b>
                {[
                  hop.seen.ending.policy ? 'the policy' : '',
                  hop.seen.ending.verdict,
                  hop.seen.ending.to ? `to ${hop.seen.ending.to}` : '',
                ]
                  .filter(Boolean)
                  .join(' ')}
              </b>
              {hop.seen.rule ? ', by the rule' : '.'}
            </>
          )}
        </p>
        {hop.seen.rule && <Output text={hop.seen.rule} label="The rule that matched" />}
      </>
    ) : (
      <p>The packet was not seen in this chain.</p>
    )}
    {hop.translation && (
      <>
        <p>Its connection, as conntrack has it:</p>
        <Output text={hop.translation} label="The line of conntrack" />
      </>
    )}
  </div>
);

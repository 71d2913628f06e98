import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { WalkResult } from '../judge/result.ts';
import { Besides, Causes, Why } from './causes.tsx';
import type { PageRun } from './data.ts';
import { download, fileName } from './download.ts';
import { Hop } from './hop.tsx';
import { Ladder } from './ladder.tsx';
import { walkMarkdown } from './markdown.ts';
import { Command, Folded, Verdict } from './parts.tsx';
import { pcapngOf } from './pcapng.ts';
import { Picture } from './picture.tsx';
import { Player } from './player.tsx';
import { changesAt, hopText, isBad, outcomeText, partName, signOf } from './words.ts';

interface Shown {
  run: PageRun;
  walk: WalkResult;
  hop: number;
  linkTo(hop: number): string;
  onHop(hop: number): void;
  playing: boolean;
  onPlaying(playing: boolean): void;
  /** What can be done with it besides. */
  tools?: ComponentChildren;
  /** Whether why it fails is shown to those alone who ask for it. */
  isGuessing?: boolean;
}

/** A walk: its picture, its hops, and one of them in full. */
export const Walk = ({ run, walk, hop, linkTo, onHop, playing, onPlaying, tools, isGuessing }: Shown) => {
  const [isLadder, setLadder] = useState(!run.picture);
  const shown = walk.hops[hop];
  const layout = shown?.kind === 'point' && shown.frame ? run.layouts[run.layoutOf[shown.frame] ?? -1] : undefined;
  const by = (index: number) => {
    onPlaying(false);
    onHop(index);
  };
  return (
    <article class="walk">
      <header>
        <div>
          <h2>{walk.name}</h2>
          <p>
            <Verdict of={walk.verdict} /> <b>{outcomeText(walk)}</b>{' '}
            <Command place={walk.send.from} line={walk.send.command} />
          </p>
        </div>
        <Tools run={run} walk={walk} more={tools} />
      </header>
      {isGuessing && walk.verdict !== 'passed' ? (
        <Folded title="Give up: show why">
          <Causes walk={walk} />
        </Folded>
      ) : (
        <Causes walk={walk} />
      )}
      <div class="columns">
        <div class="list">
          <Hops walk={walk} hop={hop} linkTo={linkTo} />
          <Besides walk={walk} />
        </div>
        <div class="stage">
          {run.picture && (
            <fieldset class="tabs" aria-label="How the walk is drawn">
              <button type="button" aria-pressed={!isLadder} onClick={() => setLadder(false)}>
                Topology
              </button>
              <button type="button" aria-pressed={isLadder} onClick={() => setLadder(true)}>
                Ladder
              </button>
            </fieldset>
          )}
          {isLadder || !run.picture ? (
            <Ladder walk={walk} hop={hop} onHop={by} />
          ) : (
            <Picture layout={run.picture} walk={walk} hop={hop} onHop={by} />
          )}
          {walk.hops.length > 0 && (
            <Player walk={walk} hop={hop} onHop={onHop} playing={playing} onPlaying={onPlaying} />
          )}
          {shown && <Hop walk={walk} index={hop} layout={layout} key={hop} />}
          <Why walk={walk} />
        </div>
      </div>
    </article>
  );
};

const Tools = ({ run, walk, more }: { run: PageRun; walk: WalkResult; more?: ComponentChildren }) => {
  const [told, setTold] = useState('');
  const copy = async () => {
    const text = walkMarkdown(run.document, walk);
    await navigator.clipboard.writeText(text).then(
      () => setTold('Copied.'),
      ({ message }: Error) => setTold(`Not copied: ${message}`),
    );
  };
  return (
    <p class="tools">
      {more}
      <button type="button" onClick={() => void copy()}>
        Copy as Markdown
      </button>
      <button type="button" onClick={() => download(fileName(run.document.lab, walk.name, 'pcapng'), pcapngOf([walk]))}>
        Download pcapng
      </button>
      <span aria-live="polite">{told}</span>
    </p>
  );
};

const Hops = ({ walk, hop, linkTo }: Pick<Shown, 'walk' | 'hop' | 'linkTo'>) => {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => keepInSight(list.current), [hop]);
  return (
    <ol class="hops" aria-label="Hops" ref={list}>
      {walk.hops.map((each, i) => {
        const begins = i === 0 || walk.hops[i - 1]!.part !== each.part;
        const { sign, word, tone } = signOf(each.fate);
        const changes = changesAt(walk, i);
        return (
          <li key={i}>
            {begins && <h3 class="part">{partName(each.part, walk)}</h3>}
            <a href={linkTo(i)} class={tone} {...(i === hop && { 'aria-current': 'true' })}>
              <span class="number">{i + 1}</span>
              <span class="sign" aria-hidden="true">
                {sign}
              </span>
              <span class="where mono">{hopText(each, walk)}</span>
              {(isBad(each.fate) || each.fate === 'not reached' || each.fate === 'unknown') && (
                <span class="fate">{word}</span>
              )}
              <span class="because">{each.because}</span>
              {changes.length > 0 && <span class="changed">{changes.join(', ')}</span>}
            </a>
          </li>
        );
      })}
    </ol>
  );
};

/** Has the list of hops show the one that is shown, where it scrolls by itself. */
function keepInSight(list: HTMLElement | null): void {
  const [scroller, item] = [list?.parentElement, list?.querySelector<HTMLElement>('[aria-current]')];
  if (!scroller || !item || scroller.scrollHeight <= scroller.clientHeight) return;
  const [outer, inner] = [scroller.getBoundingClientRect(), item.getBoundingClientRect()];
  if (inner.top < outer.top) scroller.scrollTop -= outer.top - inner.top;
  if (inner.bottom > outer.bottom) scroller.scrollTop += inner.bottom - outer.bottom;
}

import { type AnyStandingLab, forget, isOurs, remembered, standingLabs } from '../record/standing.ts';
import { clean as cleanRuntimes, stop } from '../runtime/index.ts';
import { say, sayJson, typed } from './output.ts';
import { standingOfAnyVersion } from './which-lab.ts';

async function takeDown(lab: AnyStandingLab): Promise<number> {
  const began = performance.now();
  await stop(lab.standing);
  forget(lab.name);
  return performance.now() - began;
}

/** Takes a standing lab down, or all of them. */
export async function down(
  word: string | undefined,
  { all, json }: { all?: boolean; json?: boolean },
): Promise<number> {
  const labs = all || !word ? await standingLabs() : [await standingOfAnyVersion(word)];
  const took = await Promise.all(labs.map(takeDown));
  if (json) sayJson(labs.map(({ name }, i) => ({ lab: name, downMs: Math.round(took[i]! * 10) / 10 })));
  else if (!labs.length) say('No lab stands.');
  else say(...labs.map(({ name }, i) => `${name} is down (${took[i]!.toFixed(1)} ms).`));
  return 0;
}

/** Lists the labs that stand. */
export async function status({ json }: { json?: boolean }): Promise<number> {
  const labs = await standingLabs();
  if (json) {
    sayJson(
      labs.map((lab) => ({
        lab: lab.name,
        since: lab.since ?? null,
        runtime: lab.standing.runtime,
        rootless: lab.standing.rootless,
        where: lab.standing.where,
        ...placesOf(lab),
        sameVersion: isOurs(lab),
      })),
    );
    return 0;
  }
  if (!labs.length) say('No lab stands.', `Stand one up: ${typed('up', 'LAB')}`);
  for (const lab of labs) {
    const { name, since, standing } = lab;
    const at = since ? `since ${new Date(since).toLocaleTimeString()}, ` : '';
    const { nodes, pods } = placesOf(lab);
    say(`${name}   ${at}${standing.runtime}${standing.rootless ? ' without root' : ''}, ${standing.where}`);
    say(`  nodes ${nodes.join(' ')}${pods.length ? `   pods ${pods.join(' ')}` : ''}`);
    if (!isOurs(lab)) say(`  It was stood up by another version of packetwalk. Take it down: ${typed('down', name)}`);
  }
  return 0;
}

const placesOf = ({ plan }: AnyStandingLab) => ({
  nodes: (plan?.nodes ?? []).map(({ name }) => name),
  pods: (plan?.pods ?? []).map(({ name }) => name),
});

/** Takes every standing lab down, forgets those whose nodes have ended, and removes what killed runs left behind. */
export async function clean({ json }: { json?: boolean }): Promise<number> {
  const labs = await standingLabs();
  const gone = remembered().filter(({ name }) => !labs.some((lab) => lab.name === name));
  await Promise.all(labs.map(takeDown));
  for (const { name } of gone) forget(name);
  const removed = await cleanRuntimes([]);
  if (json) sayJson({ down: labs.map(({ name }) => name), forgotten: gone.map(({ name }) => name), removed });
  else if (!labs.length && !gone.length && !removed.length) say('There is nothing to clean.');
  else
    say(
      ...labs.map(({ name }) => `${name} is down.`),
      ...gone.map(({ name }) => `${name} had ended; its note is gone.`),
      ...removed,
    );
  return 0;
}

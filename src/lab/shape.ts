import * as v from 'valibot';
import { hint } from '../plan/nearest.ts';

/** An object of just these fields; of every other one it is said which was probably meant. */
const fields = <const Entries extends v.ObjectEntries>(entries: Entries) =>
  v.pipe(
    v.looseObject(entries),
    v.rawCheck(({ dataset, addIssue }) => {
      const input = Object(dataset.value) as Record<string, unknown>;
      for (const key of Object.keys(input).filter((key) => !Object.hasOwn(entries, key))) {
        const at = { type: 'object' as const, origin: 'key' as const, input, key, value: input[key] };
        addIssue({ message: 'is no field here.', input: key, expected: Object.keys(entries).join(' '), path: [at] });
      }
    }),
  );

const text = v.pipe(v.string(), v.trim(), v.nonEmpty('must not be empty'));
const daemon = fields({
  daemon: v.pipe(text, v.regex(/^[\w.-]+$/, 'has letters, digits, - _ . only')),
  run: text,
  ready: v.record(v.string(), text),
});
const part = v.lazy((input) => (typeof input === 'object' ? daemon : v.string()));
const script = v.lazy((input) => (Array.isArray(input) ? v.array(part) : part));
const commands = v.record(v.string(), script);
const value = v.union(
  [v.string(), v.number(), v.boolean(), v.strictObject({ macOf: text })],
  'must be a text, a number, true, false or mac(…)',
);
const header = fields({ protocol: text, fields: v.record(v.string(), value) });
const hop = fields({ at: text, because: text, headers: v.array(header), way: v.optional(text) });
const proof = v.union(
  [text, v.strictObject({ claim: text, corrects: text })],
  'must be the id of a claim, or corrects(…)',
);

const walk = fields({
  claims: v.optional(v.array(proof)),
  send: fields({ from: text, command: text }),
  request: v.pipe(v.array(hop), v.nonEmpty('must list at least one hop')),
  reply: v.optional(v.array(hop)),
  end: v.optional(v.array(hop)),
  unanswered: v.optional(v.literal(true)),
});

const shape: v.GenericSchema = v.lazy((input) =>
  Array.isArray(input) ? v.array(shape) : typeof input === 'object' && input ? v.record(v.string(), shape) : scalar,
);
const scalar = v.union([v.string(), v.number(), v.boolean(), v.null()], 'must be JSON');

const expectation = v.union(
  [
    v.strictObject({ json: shape, exactly: v.optional(v.literal(true)) }),
    v.strictObject({ none: shape }),
    v.strictObject({ lines: v.array(text) }),
    v.strictObject({ lacks: v.array(text) }),
    v.strictObject({ fails: v.array(text) }),
  ],
  'must be one of json(…), exactly(…), none(…), lines(…), lacks(…), fails(…)',
);

const check = fields({
  claim: v.optional(proof),
  run: text,
  see: v.record(
    v.string(),
    v.lazy((input) => (Array.isArray(input) ? v.array(expectation) : expectation)),
  ),
});

const matrix = fields({
  claim: v.optional(proof),
  seenAs: v.picklist(['the address it left with', 'its own address']),
  pairs: v.array(fields({ from: v.array(text), to: v.array(text) })),
});

const fault = fields({
  claims: v.optional(v.array(proof)),
  break: commands,
  walk: v.optional(text),
  lostAt: v.optional(text),
  differsAt: v.optional(text),
  cold: v.optional(v.literal(true)),
  untouched: v.optional(v.union([v.literal('all'), v.array(text)])),
  hint: text,
  fix: commands,
});

const lab = fields({
  title: text,
  about: v.optional(text),
  nodes: v.record(v.string(), text),
  links: v.array(text),
  setup: v.record(v.string(), commands),
  walks: v.record(v.string(), walk),
  checks: v.optional(
    v.record(
      v.string(),
      v.lazy((input) => (typeof input === 'object' && input && 'pairs' in input ? matrix : check)),
    ),
  ),
  faults: v.optional(v.record(v.string(), fault)),
  claims: v.optional(v.record(v.string(), v.object({ document: text, says: text }))),
});

const words: Record<string, string> = { Object: 'an object', Array: 'a list', string: 'a text' };

/** What keeps a value from being a lab at all, each with its place and, for a misspelt field, the one that was meant. */
export function shapeProblems(value: unknown): { where: string; what: string; hint?: string }[] {
  const message = ({ received, expected }: v.BaseIssue<unknown>) =>
    received === 'undefined'
      ? 'is missing'
      : `is ${words[received] ?? received}, not ${words[expected ?? ''] ?? expected}`;
  const { issues } = v.safeParse(lab, value, { message });
  return (issues ?? []).map((issue) => ({
    where: v.getDotPath(issue) ?? 'the lab',
    what: issue.message,
    ...(issue.type === 'raw_check' && { hint: hint(String(issue.input), issue.expected!.split(' ')) }),
  }));
}

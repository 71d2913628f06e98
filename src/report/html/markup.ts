import { type ComponentChild, type ComponentChildren, Fragment, type VNode } from 'preact';

const empty = new Set(['br', 'hr', 'img', 'input', 'link', 'meta']);

const references: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** A text without what no page may hold, which stands as a picture of it: ␛ for an escape. */
export const visible = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, (each) => String.fromCodePoint(0x2400 + each.codePointAt(0)!));

/** A text of which nothing is markup. */
export const escapedHtml = (text: string): string => visible(text).replaceAll(/[&<>"]/g, (each) => references[each]!);

/** Views without state as HTML, where there is no browser. */
export function markup(node: ComponentChildren): string {
  if (Array.isArray(node)) return node.map(markup).join('');
  if (node === null || node === undefined || typeof node === 'boolean') return '';
  if (typeof node !== 'object') return escapedHtml(String(node));
  return element(node as VNode<Props>);
}

type Props = Record<string, unknown> & { children?: ComponentChildren };

function element({ type, props }: VNode<Props>): string {
  if (type === Fragment) return markup(props.children);
  if (typeof type === 'function') return markup((type as (props: Props) => ComponentChild)(props));
  const attributes = Object.entries(props).flatMap(([name, value]) => attribute(name, value));
  const tag = [type, ...attributes].join(' ');
  return empty.has(type) ? `<${tag}>` : `<${tag}>${markup(props.children)}</${type}>`;
}

/** Styles and listeners belong to scripts. */
function attribute(name: string, value: unknown): string[] {
  if (
    ['children', 'style', 'ref', 'key'].includes(name) ||
    name.startsWith('on') ||
    value === undefined ||
    value === null
  )
    return [];
  const written = name === 'tabIndex' ? 'tabindex' : name;
  if (value === true && !name.startsWith('aria-')) return [written];
  if (value === false && !name.startsWith('aria-')) return [];
  return [`${written}="${escapedHtml(String(value))}"`];
}

/** Light where it is dark, and dark where it is light. */
export function turnTheme(): void {
  const { documentElement: root } = document;
  const isDark = root.dataset.theme
    ? root.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = isDark ? 'light' : 'dark';
}

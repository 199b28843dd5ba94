// Owns: what becomes of the operator's colour: accents for light and dark that can be read, as a stylesheet.
// Does not: know the other colours of the pages beyond those that text in the accent stands on (style.css).

/** Red, green, blue: 0 to 255. */
type Color = readonly [number, number, number];

/** Least contrast of text, WCAG 2.2 AA. @see https://www.w3.org/TR/WCAG22/#contrast-minimum */
export const MIN_CONTRAST = 4.5;

const BLACK: Color = [0, 0, 0];
const WHITE: Color = [255, 255, 255];

/** What text in the accent stands on, as style.css has it: page, card, wash. */
const GROUNDS = {
  light: ['#f3f6fa', '#ffffff', '#f4f7fb'].map(parse),
  dark: ['#0e141b', '#18212b', '#1f2a36'].map(parse),
};
const DARK_CARD: Color = parse('#18212b');

/** The tokens of one scheme that depend on the accent. */
export interface Accents {
  accent: string;
  /** The accent under the pointer. */
  accentStrong: string;
  /** Text on the accent. */
  onAccent: string;
  /** A tint that text in the accent stands on. */
  accentWash: string;
}

function parse(hex: string): Color {
  const n = Number.parseInt(hex.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

function toHex(color: Color): string {
  return `#${color.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

/** `share` (0 to 1) of the way from one colour to another. */
function mix(from: Color, to: Color, share: number): Color {
  const at = (i: 0 | 1 | 2) => Math.round(from[i] + (to[i] - from[i]) * share);
  return [at(0), at(1), at(2)];
}

/** @see https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(color: Color): number {
  const [r, g, b] = color.map((channel) => {
    const c = channel / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as unknown as Color;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: Color, b: Color): number {
  const [darker = 0, lighter = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (lighter + 0.05) / (darker + 0.05);
}

/** Contrast of two `#rrggbb` colours: 1 (the same) to 21 (black on white). */
export function contrastOf(a: string, b: string): number {
  return contrast(parse(a), parse(b));
}

const STEPS = 100;

/** `color`, moved towards `end` as little as makes it readable on every one of `grounds`. */
function readable(color: Color, end: Color, grounds: readonly Color[]): Color {
  for (let step = 0; step < STEPS; step += 1) {
    const moved = mix(color, end, step / STEPS);
    if (grounds.every((ground) => contrast(moved, ground) >= MIN_CONTRAST)) return moved;
  }
  return end;
}

function lightAccents(brand: Color): Accents {
  const wash = mix(brand, WHITE, 0.9);
  const accent = readable(brand, BLACK, [...GROUNDS.light, wash]);
  return {
    accent: toHex(accent),
    accentStrong: toHex(mix(accent, BLACK, 0.25)),
    onAccent: toHex(WHITE),
    accentWash: toHex(wash),
  };
}

function darkAccents(brand: Color): Accents {
  const wash = mix(brand, DARK_CARD, 0.82);
  const accent = readable(brand, WHITE, [...GROUNDS.dark, wash]);
  return {
    accent: toHex(accent),
    accentStrong: toHex(mix(accent, WHITE, 0.3)),
    onAccent: toHex(readable(mix(brand, BLACK, 0.8), BLACK, [accent])),
    accentWash: toHex(wash),
  };
}

/**
 * The accents made from the brand's colour (`#rrggbb`). Text in the accent on any of its grounds, and text on the
 * accent, have a contrast of MIN_CONTRAST at least; a colour that has not is made darker (light) or lighter (dark).
 */
export function brandAccents(color: string): { light: Accents; dark: Accents } {
  const brand = parse(color);
  return { light: lightAccents(brand), dark: darkAccents(brand) };
}

function tokens({ accent, accentStrong, onAccent, accentWash }: Accents): string {
  return `:root{--accent:${accent};--accent-strong:${accentStrong};--on-accent:${onAccent};--accent-wash:${accentWash}}`;
}

/** The stylesheet that puts the brand's colour (`#rrggbb`) in the place of ours; loaded after style.css. */
export function brandStyle(color: string): string {
  const { light, dark } = brandAccents(color);
  return `${tokens(light)}\n@media (prefers-color-scheme:dark){${tokens(dark)}}\n`;
}

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { brandAccents, brandStyle, contrastOf, MIN_CONTRAST } from '../../src/http/pages/brand-colors.js';
import { projectPath } from '../../src/lib/paths.js';

const style = readFileSync(projectPath('views', 'assets', 'style.css'), 'utf8');

/** The tokens of style.css by scheme: `page`, `card`, `accent`, … */
const [light = {}, dark = {}] = [...style.matchAll(/:root \{([^}]*)\}/g)].map(([, body = '']) =>
  Object.fromEntries([...body.matchAll(/--([\w-]+): (#[\da-f]{6});/g)].map(([, name, hex]) => [name, hex])),
) as Record<string, string>[];

/** Every colour a web-safe palette has, and the edges of the scale. */
const channel = ['00', '33', '66', '99', 'cc', 'ff'];
const palette = channel.flatMap((r) => channel.flatMap((g) => channel.map((b) => `#${r}${g}${b}`)));

describe('pages: colours', () => {
  it('have the contrast of WCAG 2.2 AA in both schemes', () => {
    for (const tokens of [light, { ...light, ...dark }]) {
      const pairs: [string, string[]][] = [
        ['text', ['page', 'card', 'wash', 'accent-wash']],
        ['soft', ['page', 'card', 'wash']],
        ['accent', ['page', 'card', 'wash', 'accent-wash']],
        ['accent-strong', ['page', 'card', 'wash', 'accent-wash']],
        ['on-accent', ['accent', 'accent-strong']],
        ['danger', ['card', 'danger-wash']],
        ['caution', ['caution-wash']],
      ];
      for (const [text, grounds] of pairs) {
        for (const ground of grounds) {
          const contrast = contrastOf(tokens[text] ?? '', tokens[ground] ?? '');
          expect(contrast, `${text} on ${ground}`).to.be.at.least(MIN_CONTRAST);
        }
      }
      expect(contrastOf(tokens.control ?? '', tokens.card ?? '')).to.be.at.least(3);
    }
  });

  it('made from any colour of a brand can be read, as text and below text', () => {
    for (const color of palette) {
      const accents = brandAccents(color);
      for (const [scheme, tokens] of [
        ['light', light],
        ['dark', dark],
      ] as const) {
        const { accent, accentStrong, onAccent, accentWash } = accents[scheme];
        const grounds = [tokens.page, tokens.card, tokens.wash, accentWash];
        for (const shade of [accent, accentStrong]) {
          for (const ground of grounds) {
            const where = `${color}: ${shade} on ${ground} (${scheme})`;
            expect(contrastOf(shade, ground ?? ''), where).to.be.at.least(MIN_CONTRAST);
          }
          const where = `${color}: ${onAccent} on ${shade} (${scheme})`;
          expect(contrastOf(onAccent, shade), where).to.be.at.least(MIN_CONTRAST);
        }
        expect(contrastOf(tokens.text ?? light.text ?? '', accentWash), color).to.be.at.least(MIN_CONTRAST);
      }
    }
  });

  it('stay as the brand has them where they can be read', () => {
    expect(brandAccents('#1450a8').light.accent).to.equal('#1450a8');
    expect(brandAccents('#ffcc00').dark.accent).to.equal('#ffcc00');
    expect(brandAccents('#ffcc00').light.accent).not.to.equal('#ffcc00');
    expect(brandAccents('#1450a8').dark.accent).not.to.equal('#1450a8');
  });

  it('are measured as the standard has it', () => {
    expect(contrastOf('#000000', '#ffffff')).to.be.closeTo(21, 0.01);
    expect(contrastOf('#777777', '#ffffff')).to.be.closeTo(4.48, 0.01);
    expect(contrastOf('#123456', '#123456')).to.equal(1);
  });

  it('reach the pages as a stylesheet for both schemes', () => {
    expect(brandStyle('#8a1c5c')).to.match(
      /^:root\{--accent:#8a1c5c;.*\}\n@media \(prefers-color-scheme:dark\)\{:root\{--accent:#[\da-f]{6};.*\}\}\n$/,
    );
  });
});

// Which authentication context classes a request asks for, and when they are reached.
import { expect } from 'chai';
import { answeredAcr, askedAcr, isReached } from '../../src/login/acr.js';

const ORDER = ['low', 'middle', 'high'];
const claims = (acr: unknown) => JSON.stringify({ id_token: { acr } });

describe('authentication context classes', () => {
  const requests: [string, Record<string, unknown>, string[], boolean][] = [
    ['nothing', {}, [], false],
    ['acr_values', { acr_values: 'middle high' }, ['middle', 'high'], false],
    ['a claim that names nothing', { claims: claims(null) }, [], false],
    ['an essential claim that names nothing', { claims: claims({ essential: true }) }, [], false],
    ['a claim with a value', { claims: claims({ value: 'low' }) }, ['low'], false],
    ['an essential claim', { claims: claims({ essential: true, values: ['high'] }) }, ['high'], true],
    [
      'an essential claim beside acr_values',
      { acr_values: 'low', claims: claims({ essential: true, value: 'high' }) },
      ['high'],
      true,
    ],
    [
      'values of other types',
      { claims: claims({ essential: true, values: [7, null, 'low'] }) },
      ['low'],
      true,
    ],
  ];
  for (const [what, params, values, isEssential] of requests) {
    it(`are asked for by ${what}`, () => {
      expect(askedAcr(params)).to.deep.equal({ values, isEssential });
    });
  }

  const reached: [string | undefined, string[], boolean][] = [
    ['low', ['low'], true],
    ['high', ['low'], true],
    ['low', ['high'], false],
    ['middle', ['high', 'low'], true],
    [undefined, ['low'], false],
    [undefined, [], true],
    // Not on the list (any more): nobody vouches for it.
    ['gone', ['gone'], false],
    ['gone', ['low'], false],
    ['high', ['gone'], false],
  ];
  for (const [acr, values, isSo] of reached) {
    it(`${values.join(' or ') || 'none'}: ${acr ?? 'nothing'} is ${isSo ? 'enough' : 'too little'}`, () => {
      expect(isReached(ORDER, { values, isEssential: true }, acr)).to.equal(isSo);
    });
  }

  it('are told as they were reached, or as the strongest that was demanded', () => {
    const told = (acr: string, values: string[], isEssential = true) =>
      answeredAcr(ORDER, { values, isEssential }, acr);
    expect(told('high', ['low'])).to.equal('low');
    expect(told('high', ['low', 'middle'])).to.equal('middle');
    expect(told('high', ['low', 'high'])).to.equal('high');
    expect(told('high', ['low'], false)).to.equal('high');
  });
});

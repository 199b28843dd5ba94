import { expect } from 'chai';
import { splitName } from '../../src/users/names.js';

/** [name, family, given]; undefined where there is none. */
type Case = [name: string, family: string | undefined, given: string | undefined];

const CASES: Record<string, Case[]> = {
  'takes the first character of a Chinese name as the surname': [
    ['张三', '张', '三'],
    ['王小明', '王', '小明'],
    ['陳大文', '陳', '大文'],
    ['张　三', '张', '三'],
    ['欧 阳 修', '欧阳', '修'],
    ['𠮷田', '𠮷', '田'],
    ['张李小明', '张', '李小明'],
  ],
  'keeps a compound surname together when the name is longer': [
    ['欧阳娜娜', '欧阳', '娜娜'],
    ['歐陽修', '歐陽', '修'],
    ['诸葛亮', '诸葛', '亮'],
    ['諸葛孔明', '諸葛', '孔明'],
    ['東方不敗', '東方', '不敗'],
    ['司马相如', '司马', '相如'],
    ['第五伦', '第五', '伦'],
    ['爱新觉罗溥仪', '爱新觉罗', '溥仪'],
    ['欧阳', '欧', '阳'],
  ],
  'takes the family name first in names of Han, Kana or Hangul with a space': [
    ['欧阳 娜娜', '欧阳', '娜娜'],
    ['山田 太郎', '山田', '太郎'],
    ['やまだ　たろう', 'やまだ', 'たろう'],
    ['홍 길동', '홍', '길동'],
  ],
  'splits Korean names': [
    ['홍길동', '홍', '길동'],
    ['김구', '김', '구'],
    ['남궁민', '남궁', '민'],
    ['제갈공명', '제갈', '공명'],
    ['김 민 수', '김', '민수'],
  ],
  'takes the family name last in transliterated names': [
    ['阿凡提·买买提', '买买提', '阿凡提'],
    ['约翰•史密斯', '史密斯', '约翰'],
    ['ジョン・スミス', 'スミス', 'ジョン'],
    ['约翰·菲茨杰拉德·肯尼迪', '肯尼迪', '约翰·菲茨杰拉德'],
    ['·张三·', '张', '三'],
  ],
  'takes the last word of a Western name as the family name': [
    ['John Smith', 'Smith', 'John'],
    ['  Mary   Ann  Smith ', 'Smith', 'Mary Ann'],
    ["Jean-Luc O'Neill", "O'Neill", 'Jean-Luc'],
    ['José Ángel Muñoz', 'Muñoz', 'José Ángel'],
    ['Иван Петров', 'Петров', 'Иван'],
    ['Martin King Jr.', 'King Jr.', 'Martin'],
    ['Gal·la Puig', 'Puig', 'Gal·la'],
    ['Nguye\u0302\u0303n An', 'An', 'Nguyễn'],
  ],
  'understands the comma form': [
    ['Smith, John', 'Smith', 'John'],
    ['van Beethoven,Ludwig', 'van Beethoven', 'Ludwig'],
    ['张，三', '张', '三'],
    ['John Smith, Jr.', 'Smith Jr.', 'John'],
    ['Smith,', undefined, 'Smith'],
    [', Smith', undefined, 'Smith'],
  ],
  'gives a single word as the given name': [
    ['Madonna', undefined, 'Madonna'],
    ['欢', undefined, '欢'],
    ['さくら', undefined, 'さくら'],
    ['Smith .', undefined, 'Smith'],
  ],
  'leaves nicknames and mixed scripts whole': [
    ['小明🐱', undefined, '小明🐱'],
    ['User_123', undefined, 'User_123'],
    ['小明', undefined, '小明'],
    ['阿强', undefined, '阿强'],
    ['我爱学习中文', undefined, '我爱学习中文'],
    ['Tom 张', undefined, 'Tom 张'],
    ['John  Smith 🎓', undefined, 'John Smith 🎓'],
    ['张三（实习）', undefined, '张三（实习）'],
  ],
  'gives nothing for what is not a name': [
    ['', undefined, undefined],
    [' \u3000\t\u200b', undefined, undefined],
    ['🐱', undefined, undefined],
    ['13800138000', undefined, undefined],
    ['---', undefined, undefined],
    [',', undefined, undefined],
    ['·', undefined, undefined],
    ['\0\ud800', undefined, undefined],
  ],
};

describe('names', () => {
  for (const [behaviour, cases] of Object.entries(CASES)) {
    describe(behaviour, () => {
      for (const [name, family, given] of cases) {
        it(JSON.stringify(name), () => {
          expect(splitName(name)).to.deep.equal({
            ...(family !== undefined && { family_name: family }),
            ...(given !== undefined && { given_name: given }),
          });
        });
      }
    });
  }

  it('never throws and never gives an empty part, whatever the pieces', () => {
    const pieces = [
      '张',
      '欧阳',
      '김',
      'ア',
      'John',
      'Jr.',
      ' ',
      '\u3000',
      ',',
      '，',
      '·',
      '-',
      '.',
      '🐱',
      '\ud83d',
    ];
    const all = pieces.flatMap((a) =>
      pieces.flatMap((b) => pieces.flatMap((c) => [a + b + c, a + c + b + a])),
    );
    for (const name of all) {
      for (const part of Object.values(splitName(name))) {
        expect(part, JSON.stringify(name))
          .to.be.a('string')
          .and.match(/^\S(?:.*\S)?$/su);
      }
    }
  });
});

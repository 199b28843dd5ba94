// Owns: splitting a full name into given and family name. Does not: keep names (users are Link²Ur's).

/** Surnames of more than one character, simplified and traditional. */
const COMPOUND_SURNAMES = new Set(
  (
    '欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 东方 東方 皇甫 尉迟 尉遲 公孙 公孫 慕容 令狐 长孙 長孫 宇文 夏侯 ' +
    '司徒 司空 司寇 端木 南宫 南宮 北宫 北宮 独孤 獨孤 轩辕 軒轅 百里 呼延 东郭 東郭 南郭 西门 西門 东门 東門 ' +
    '南门 南門 第五 太史 申屠 申徒 公冶 公羊 公良 公西 宗政 濮阳 濮陽 淳于 单于 單于 澹台 澹臺 赫连 赫連 ' +
    '闻人 聞人 闾丘 閭丘 钟离 鍾離 鐘離 鲜于 鮮于 拓跋 拓拔 夹谷 夾谷 谷梁 穀梁 万俟 萬俟 漆雕 乐正 樂正 ' +
    '壤驷 壤駟 巫马 巫馬 羊舌 微生 梁丘 左丘 颛孙 顓孫 叔孙 叔孫 仲孙 仲孫 季孙 季孫 子车 子車 ' +
    '纳兰 納蘭 完颜 完顏 耶律 贺兰 賀蘭 贺若 賀若 斛律 叶赫 葉赫 哥舒 范姜 爱新觉罗 愛新覺羅'
  ).split(' '),
);
const COMPOUND_SURNAMES_KOREAN = new Set(['남궁', '황보', '제갈', '선우', '독고', '사공', '서문', '동방']);
const SURNAME_LENGTHS = [4, 2];

/** 小明, 阿强: forms of address that are no surname. */
const DIMINUTIVE = /^[小阿]/u;
/** Longer than any given name in these scripts: a nickname or a phrase. */
const MAX_GIVEN = 3;

const SEPARATOR = /(?<!l)[·・•･‧]|[·・•･‧](?!l)/iu; // but not the Catalan l·l
const COMMA = /[,，]/u;
const SUFFIX = /^(?:jr|sr|ii|iii)\.?$/iu;
const NAME_ONLY = /^[\p{L}\p{M}\p{Nl}\p{Pd}\p{Join_Control}'’.·・•･‧,， ]+$/u;
const HAN = /^[\p{Script=Han}]+$/u;
const HANGUL = /^[\p{Script=Hangul}]+$/u;
const JAPANESE = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]+$/u;
const EAST_ASIAN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

export interface NameParts {
  given_name?: string;
  family_name?: string;
}

/**
 * Splits a full name the way its script suggests. Neither part is ever empty.
 *
 * | name | given | family | rule |
 * |---|---|---|---|
 * | 张三, 欧阳娜娜, 홍길동, 남궁민 | 三, 娜娜, 길동, 민 | 张, 欧阳, 홍, 남궁 | family first, no space needed |
 * | 山田 太郎, やまだ たろう | 太郎, たろう | 山田, やまだ | family first, at the space |
 * | 阿凡提·买买提 | 阿凡提 | 买买提 | transliterated: family last |
 * | Mary Ann Smith, Smith, Mary Ann | Mary Ann | Smith | last word, or before the comma |
 * | Madonna, 欢, さくら | the whole | | one part |
 * | User_123, 小明🐱, 小明, 我爱学习中文, Tom 张 | the whole | | a nickname or mixed scripts: no guess |
 * | 🐱, 13800138000, (blank) | | | no letter: not a name |
 *
 * Han names are taken as Chinese; an unspaced Japanese one (山田太郎) cannot be told apart.
 */
export function splitName(name: string): NameParts {
  const text = normalise(name);
  if (!hasLetter(text)) return {};
  if (!NAME_ONLY.test(text)) return { given_name: text };
  return splitAtComma(text) ?? splitAtSeparator(text) ?? splitByScript(trimPunctuation(text));
}

function normalise(name: string | null | undefined): string {
  return (name ?? '')
    .normalize('NFC')
    .replace(/[\s\u200b\p{Cc}]+/gu, ' ')
    .trim();
}

function hasLetter(text: string): boolean {
  return /[\p{L}\p{Nl}]/u.test(text);
}

function trimPunctuation(text: string): string {
  return text.replace(/^[ ,，·・•･‧]+|[ ,，·・•･‧]+$/gu, '');
}

function partsOf(text: string, at: RegExp): string[] {
  return text
    .split(at)
    .map((part) => part.trim())
    .filter(hasLetter);
}

/** "Smith, John"; but "John Smith, Jr." is in the usual order. */
function splitAtComma(text: string): NameParts | undefined {
  const [first, second, ...more] = partsOf(text, COMMA);
  if (first === undefined || second === undefined) return undefined;
  if (more.length > 0) return { given_name: text };
  if (SUFFIX.test(second)) return splitWestern(`${first} ${second}`.split(' '));
  return { family_name: trimPunctuation(first), given_name: trimPunctuation(second) };
}

/** 约翰·菲茨杰拉德·肯尼迪: the order of the language it was transliterated from. */
function splitAtSeparator(text: string): NameParts | undefined {
  const parts = partsOf(text, SEPARATOR);
  const last = parts.at(-1);
  if (last === undefined || parts.length < 2) return undefined;
  return { given_name: parts.slice(0, -1).join('·'), family_name: last };
}

function splitByScript(text: string): NameParts {
  const words = text.split(' ').filter(hasLetter);
  const letters = words.join('');
  // 张　三 and 김 민 수: set apart to look well, one character each.
  const isSpread = words.every((word) => [...word].length === 1);
  if (HAN.test(letters) && (isSpread || words.length === 1)) return splitChinese(letters);
  if (HANGUL.test(letters) && (isSpread || words.length === 1)) return splitKorean(letters);
  if (JAPANESE.test(letters) || HANGUL.test(letters)) return splitFamilyFirst(words);
  return EAST_ASIAN.test(text) ? { given_name: text } : splitWestern(words);
}

function splitChinese(text: string): NameParts {
  return DIMINUTIVE.test(text) ? { given_name: text } : splitSurname(text, COMPOUND_SURNAMES);
}

function splitKorean(text: string): NameParts {
  return splitSurname(text, COMPOUND_SURNAMES_KOREAN);
}

function splitSurname(text: string, compounds: ReadonlySet<string>): NameParts {
  const characters = [...text];
  const compound = SURNAME_LENGTHS.find(
    (length) => characters.length > length && compounds.has(characters.slice(0, length).join('')),
  );
  const surnameLength = compound ?? 1;
  const given = characters.slice(surnameLength);
  if (given.length === 0 || given.length > MAX_GIVEN) return { given_name: text };
  return { family_name: characters.slice(0, surnameLength).join(''), given_name: given.join('') };
}

function splitFamilyFirst(words: string[]): NameParts {
  const [family, ...given] = words;
  if (family === undefined || given.length === 0) return { given_name: words.join(' ') };
  return { family_name: family, given_name: given.join(' ') };
}

function splitWestern(words: string[]): NameParts {
  const suffix = words.length > 2 && SUFFIX.test(words.at(-1) ?? '') ? 1 : 0;
  const at = words.length - 1 - suffix;
  if (at < 1) return { given_name: words.join(' ') };
  return { given_name: words.slice(0, at).join(' '), family_name: words.slice(at).join(' ') };
}

// Owns: reading key bytes from text.

const KEY_BYTES = 32;

/** The 32 bytes that `text` spells in hex or base64url; undefined when it spells none or a weak key. */
export function parseKeyMaterial(text: string): Buffer | undefined {
  const isHex = /^[0-9a-f]{64}$/i.test(text);
  const isBase64Url = /^[\w+/-]{43}=?$/.test(text);
  if (!isHex && !isBase64Url) return undefined;
  const key = Buffer.from(text, isHex ? 'hex' : 'base64url');
  // 32 random bytes practically never repeat so much: this is a typed-in placeholder.
  return key.length === KEY_BYTES && new Set(key).size >= 16 ? key : undefined;
}

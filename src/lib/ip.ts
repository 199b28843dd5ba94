// Owns: client addresses: reading them behind proxies, grouping those one party can take at will, and ranges of them.
import { BlockList, isIP } from 'node:net';

/**
 * The client's address. Each trusted proxy appends the address it was called from to X-Forwarded-For, so
 * the client's is the n-th from the right; everything left of it is whatever the client made up.
 */
export function clientAddress(
  remote: string | undefined,
  forwardedFor: string,
  trustedProxies: number,
): string {
  const direct = plain(remote ?? '');
  if (trustedProxies === 0) return direct;
  const hops = forwardedFor.split(',').map((hop) => plain(hop.trim()));
  const claimed = hops.at(-trustedProxies) ?? '';
  return isIP(claimed) ? claimed : direct;
}

function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

/** What limits count by: an IPv4 address, or the /64 an IPv6 address is in. */
export function addressBucket(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail = ''] = address.split('%', 1)[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  const groups = address.includes('::') ? [...left, ...zeros, ...right] : left;
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group || '0', 16).toString(16))
    .join(':')}::/64`;
}

const RANGE = /^([\da-f:.]+?)(?:\/(\d{1,3}))?$/i;

function readRange(range: string): { address: string; family: 'ipv4' | 'ipv6'; bits: number } | undefined {
  const [, address = '', prefix] = RANGE.exec(range) ?? [];
  const version = isIP(address);
  const longest = version === 4 ? 32 : 128;
  const bits = prefix === undefined ? longest : Number(prefix);
  if (version === 0 || bits > longest) return undefined;
  return { address, family: version === 4 ? 'ipv4' : 'ipv6', bits };
}

/** Whether `text` is an address, or a range of them as CIDR. */
export const isAddressRange = (text: string): boolean => readRange(text) !== undefined;

/** How many a range speaks for: a few machines, a whole network, or everybody. */
export function rangeSize(range: string): 'few' | 'network' | 'everybody' {
  const { family = 'ipv4', bits = 0 } = readRange(range) ?? {};
  if (bits < (family === 'ipv4' ? 8 : 16)) return 'everybody';
  return bits < (family === 'ipv4' ? 24 : 64) ? 'network' : 'few';
}

/** Whether an address is in one of `ranges`, each as isAddressRange takes it. */
export function createAddressMatcher(ranges: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const read = readRange(range);
    if (read) list.addSubnet(read.address, read.bits, read.family);
  }
  return (address) => {
    const direct = plain(address ?? '').split('%', 1)[0] ?? '';
    const version = isIP(direct);
    return version !== 0 && list.check(direct, version === 4 ? 'ipv4' : 'ipv6');
  };
}

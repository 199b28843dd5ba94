// Owns: client addresses: reading them behind proxies, and grouping those one party can take at will.
import { isIP } from 'node:net';

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

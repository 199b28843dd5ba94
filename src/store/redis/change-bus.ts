// Owns: telling other processes what changed, by Redis's publish and subscribe.
import { type Change, type ChangeBus, parseChanges } from '../cache/changes.js';
import type { RedisClient } from './client.js';

/** A bus over the channel `<prefix>changed`. */
export function createRedisChangeBus(client: RedisClient, prefix: string): ChangeBus {
  const channel = `${prefix}changed`;
  const subscriber = client.forSubscriptions();
  subscriber.on('error', () => {});
  return {
    async publish(changes: readonly Change[]) {
      await client.use((redis) => redis.publish(channel, JSON.stringify(changes)));
    },
    subscribe(onChange, onGap) {
      subscriber.on('message', (_channel, text) => parseChanges(text).forEach(onChange));
      // After each connection that was made anew.
      subscriber.on('ready', onGap);
      subscriber.on('close', onGap);
      subscriber.subscribe(channel).catch(() => {});
    },
    async close() {
      subscriber.disconnect();
    },
  };
}

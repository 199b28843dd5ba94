// Loaded into a server with --import: when asked, tells the delay of its event loop, profiles it, and counts what
// it asks of its stores.
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { answer } from './channel.js';
import type { Counting } from './store-calls.js';

/** How often the histogram's timer fires, in milliseconds. */
const RESOLUTION_MS = 1;
const NS_PER_MS = 1e6;

export type ProbeQuestion =
  | { kind: 'loop-start' }
  | { kind: 'loop-stop' }
  | { kind: 'profile-start' }
  | { kind: 'profile-stop'; file: string }
  /** Begins to count store calls. */
  | { kind: 'calls-start' }
  /** Ends that; answers StoreCalls. */
  | { kind: 'calls-stop' };

/** By how much the loop was late, in milliseconds. */
export interface LoopDelay {
  p50: number;
  p99: number;
  max: number;
}

const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
const session = new Session();
let counting: Counting | undefined;

function loopDelay(): LoopDelay {
  // What is recorded is the time from one firing to the next: the delay is what exceeds the timer's own.
  const late = (ns: number) => Math.max(0, ns / NS_PER_MS - RESOLUTION_MS);
  return {
    p50: late(histogram.percentile(50)),
    p99: late(histogram.percentile(99)),
    max: late(histogram.max),
  };
}

answer<ProbeQuestion>(async (question) => {
  if (question.kind === 'loop-start') {
    histogram.reset();
    histogram.enable();
  } else if (question.kind === 'loop-stop') {
    histogram.disable();
    return loopDelay();
  } else if (question.kind === 'profile-start') {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 500 });
    await session.post('Profiler.start');
  } else if (question.kind === 'calls-start') {
    // Loaded only now, so that a server that is measured has nothing but its own.
    counting = (await import('./store-calls.js')).countStoreCalls();
  } else if (question.kind === 'calls-stop') {
    counting?.stop();
    return counting?.take();
  } else {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    await writeFile(question.file, JSON.stringify(profile));
  }
  return undefined;
});
// The channel alone must not keep the server running.
process.channel?.unref();

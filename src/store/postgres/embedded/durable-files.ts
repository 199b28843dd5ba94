// Owns: that fsync reaches the disk. Quarantined: the only file that touches PGlite's file system internals.
//
// As published, PGlite starts PostgreSQL with -F (fsync off), and its Node file system has no fsync to call:
// acknowledged rows survive kill -9, but not a power cut, which may even leave the folder unreadable, since
// nothing orders the write-ahead log before the data files. PGlite's public `fs` option is the way in.
import { fsyncSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

type EmscriptenOptions = Parameters<NodeFS['init']>[1];
type PreRun = NonNullable<EmscriptenOptions['preRun']>[number];

/** The part of Emscripten's NODEFS that we add to; its types do not describe it. */
interface NodeFileOperations {
  stream_ops: { fsync?: (stream: { nfd: number }) => number };
}

// Emscripten's number for EIO. PostgreSQL panics on it, as it must: the kernel may have dropped the pages.
const EIO = 29;

/** PGlite's folder on disk, with an fsync that is one. */
export class DurableFiles extends NodeFS {
  override async init(db: PGlite, options: EmscriptenOptions) {
    const { emscriptenOpts } = await super.init(db, options);
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), addFsync] } };
  }
}

/**
 * PGlite's own start parameters with fsync on. `wal_sync_method` must be fsync: Emscripten's fdatasync, the
 * default, returns without doing anything.
 */
export function durableStartParams(): string[] {
  return [...PGlite.defaultStartParams.filter((param) => param !== '-F'), '-c', 'wal_sync_method=fsync'];
}

const addFsync: PreRun = (module) => {
  const files = module.NODEFS as unknown as NodeFileOperations;
  files.stream_ops.fsync = (stream) => {
    try {
      fsyncSync(stream.nfd);
      return 0;
    } catch {
      return EIO;
    }
  };
};

// Owns: the limit on the length of a Unix socket's path.
import { ConfigError } from '../../../lib/errors.js';

// sockaddr_un.sun_path holds 108 bytes on Linux and 104 on macOS, the closing NUL included.
const MAX_SOCKET_PATH_BYTES = 100;

/**
 * Gives `path` back if a Unix socket can have it.
 * @throws {ConfigError} naming DATA_DIR when it is too long
 * @see https://man7.org/linux/man-pages/man7/unix.7.html
 */
export function checkSocketPath(path: string): string {
  const length = Buffer.byteLength(path);
  if (length <= MAX_SOCKET_PATH_BYTES) return path;
  const reason =
    `is too long: the socket "${path}" would have a path of ${length} bytes, and ` +
    `${MAX_SOCKET_PATH_BYTES} is the most a Unix socket can have; choose a shorter folder`;
  throw new ConfigError([{ field: 'DATA_DIR', reason }]);
}

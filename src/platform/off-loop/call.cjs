/** A thread computes, and asks nobody: a library that would ask the network fails at once. */
for (const name of ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest']) {
  Object.defineProperty(globalThis, name, { value: undefined });
}

/**
 * What runs in a worker thread: one exported function, or class, of a package. Plain JavaScript, because a worker is
 * started from a file, and tests run from the TypeScript.
 * @param {{ from: string, name: string, args: unknown[], construct?: boolean }} task `name` may be a path, as in `a.b`
 * @returns {Promise<{ result: unknown } | { thrown: string }>} so that what the library throws differs from what befalls
 *   the thread
 */
module.exports = async ({ from, name, args, construct }) => {
  const [holder, member] = name.split('.').reduce(([, at], key) => [at, at[key]], [undefined, require(from)]);
  try {
    return { result: construct ? { ...new member(...args) } : await member.apply(holder, args) };
  } catch (error) {
    return { thrown: String(error?.message) };
  }
};

/**
 * What runs in a worker thread: one exported function, or class, of a package. Plain JavaScript, because a worker is
 * started from a file, and tests run from the TypeScript.
 * @param {{ from: string, name: string, args: unknown[], construct?: boolean }} task `name` may be a path, as in `a.b`
 */
module.exports = ({ from, name, args, construct }) => {
  const [holder, member] = name.split('.').reduce(([, at], key) => [at, at[key]], [undefined, require(from)]);
  return construct ? { ...new member(...args) } : member.apply(holder, args);
};

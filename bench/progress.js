const begun = performance.now();

/** One line for each step, with the seconds since the start. */
function say(step) {
  const seconds = Math.round((performance.now() - begun) / 1_000);
  process.stdout.write(`[${String(seconds).padStart(3)} s] ${step}\n`);
}

module.exports = { say };

const { cleanUp } = require('./clean-up');

/** Runs a command of the bench; whatever its end, all that it started ends with it. */
function runToTheEnd(main, failure) {
  let isInterrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      isInterrupted = true;
      void cleanUp().then(() => process.exit(1));
    });
  }
  main()
    .catch((error) => {
      process.exitCode = 1;
      if (!isInterrupted) console.error(`\n${failure}\n${error.stack}`);
    })
    .finally(() => cleanUp().then(() => process.exit()));
}

module.exports = { runToTheEnd };

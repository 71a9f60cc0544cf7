const tasks = [];
let cleaning;

/** Has a task run at the end, however the end comes; the latest goes first. */
function atTheEnd(task) {
  if (!cleaning) return void tasks.push(task);
  // Started in the moment of a Ctrl-C: the list is being worked off already.
  void task();
  throw new Error('interrupted');
}

/** What the work starts ends with it: a server that idles beside the next contest would disturb it. */
async function within(work) {
  const before = tasks.length;
  try {
    return await work();
  } finally {
    if (!cleaning) await runTasks(before);
  }
}

function cleanUp() {
  cleaning ??= runTasks(0);
  return cleaning;
}

async function runTasks(left) {
  while (tasks.length > left) {
    const task = tasks.pop();
    await Promise.resolve()
      .then(task)
      .catch((error) => console.error(`Cleaning up: ${error.message}`));
  }
}

module.exports = { atTheEnd, cleanUp, within };

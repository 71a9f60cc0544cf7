const tasks = [];
let cleaning;

/** Has a task run at the end, however the end comes; the latest goes first. */
function atTheEnd(task) {
  if (!cleaning) return void tasks.push(task);
  // Started in the moment of a Ctrl-C: the list is being worked off already.
  void task();
  throw new Error('interrupted');
}

function cleanUp() {
  cleaning ??= runTasks();
  return cleaning;
}

async function runTasks() {
  for (const task of tasks.reverse()) {
    await Promise.resolve(task()).catch((error) => console.error(`Cleaning up: ${error.message}`));
  }
}

module.exports = { atTheEnd, cleanUp };

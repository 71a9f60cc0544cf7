/** Lets a child answer what `child.js` asks. A failure ends the process, which its parent notices. */
function answer(questions) {
  process.on('message', async ({ question, given }) => process.send(await questions[question](given)));
  process.once('disconnect', () => process.exit());
}

module.exports = { answer };

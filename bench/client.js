const { Client } = require('undici');
const { atTheEnd } = require('./clean-up');

/** One kept-alive connection that speaks JSON. */
function connect(origin, headers = {}) {
  const client = new Client(origin);
  atTheEnd(() => client.destroy());
  const send = async (method, path, given) => {
    const { statusCode, body } = await client.request({
      method,
      path,
      headers: { ...headers, ...(given && { 'content-type': 'application/json' }) },
      body: given && JSON.stringify(given),
    });
    return { statusCode, answer: await body.json() };
  };
  return {
    get: (path) => send('GET', path).then(expecting(200, path)),
    post: (path, given, status = 200) => send('POST', path, given).then(expecting(status, path)),
  };
}

const expecting =
  (status, path) =>
  ({ statusCode, answer }) => {
    if (statusCode === status) return answer;
    throw new Error(`${path} answered ${statusCode}: ${JSON.stringify(answer)}`);
  };

module.exports = { connect };

const { once } = require('node:events');
const { connect } = require('node:net');

const HEAD_END = '\r\n\r\n';
const CHUNKED = /\r\ntransfer-encoding: chunked\r\n/i;

/**
 * One kept-alive connection, one request at a time. A general client spends more on a request than our fastest
 * contestant does, on the cores that both share; this one reads what HTTP/1.1 servers of Node write, and no more.
 */
class HttpConnection {
  constructor(origin) {
    const { hostname, port } = new URL(origin);
    this.received = undefined;
    this.waiting = undefined;
    this.socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.socket.on('data', (bytes) => this.take(bytes));
    this.socket.on('error', (error) => this.fail(error));
    this.socket.on('close', () => this.fail(new Error(`${origin} closed the connection`)));
  }

  static async open(origin) {
    const connection = new HttpConnection(origin);
    await once(connection.socket, 'connect');
    return connection;
  }

  /** @returns status, head and body (bytes, good until the next exchange) of the answer */
  exchange(request) {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.write(request);
    });
  }

  close() {
    this.waiting = undefined;
    this.socket.destroy();
  }

  take(bytes) {
    this.received = this.received ? Buffer.concat([this.received, bytes]) : bytes;
    const answer = answerIn(this.received);
    // Without somebody who waits it is a server's last word to a connection that was idle.
    if (!answer || !this.waiting) return;
    this.received = undefined;
    const { resolve } = this.waiting;
    this.waiting = undefined;
    resolve(answer);
  }

  fail(error) {
    this.waiting?.reject(error);
    this.waiting = undefined;
  }
}

/** The answer, once all of it is there. */
function answerIn(bytes) {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return undefined;
  const head = bytes.latin1Slice(0, end + 2);
  const rest = bytes.subarray(end + HEAD_END.length);
  const body = CHUNKED.test(head) ? joinedChunks(rest) : bodyOf(rest, lengthIn(head));
  return body && { status: Number(head.slice(9, 12)), head, body };
}

function lengthIn(head) {
  const [, length] = /\r\ncontent-length: (\d+)\r\n/i.exec(head) ?? [];
  if (length === undefined) throw new Error(`An answer of unknown length: ${head}`);
  return Number(length);
}

const bodyOf = (rest, length) => (rest.length < length ? undefined : rest.subarray(0, length));

function joinedChunks(rest) {
  const chunks = [];
  for (let at = 0; ;) {
    const lineEnd = rest.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const start = lineEnd + 2;
    const size = parseInt(rest.latin1Slice(at, lineEnd), 16);
    if (rest.length < start + size + 2) return undefined;
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(rest.subarray(start, start + size));
    at = start + size + 2;
  }
}

/** A request as it goes over the wire; a body is JSON. */
function requestOf({ origin, method = 'GET', path, headers = {}, body }) {
  const json = body === undefined ? '' : JSON.stringify(body);
  const all = {
    host: new URL(origin).host,
    ...headers,
    ...(body !== undefined && {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(json),
    }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${json}`);
}

/** @throws Error when the answer has another status, or lacks what only the right one holds */
function demand({ status, body }, { expected = 200, proof }) {
  if (status === expected && (proof === undefined || body.includes(proof))) return;
  throw new Error(`An answer ${status}: ${body.toString()}`);
}

module.exports = { HttpConnection, demand, requestOf };

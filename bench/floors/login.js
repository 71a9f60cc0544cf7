const { availableParallelism } = require('node:os');
const { hash } = require('bcrypt');
const { loop } = require('../load');
const { answer } = require('./answer');

/** The server's own when nothing else is set. */
const COST = 12;

const hashOnce = () => hash('correct horse battery staple', COST);

answer({ run: (seconds) => loop(availableParallelism(), seconds, hashOnce) });

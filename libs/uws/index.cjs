// hyper-express requires `uWebSockets.js`, which upstream only publishes on GitHub. The same native builds are
// shipped by `uws-pack`, whose own entry is ESM, so this loads the build for the running Node directly.
const { findPackageJSON } = require('node:module');
const path = require('node:path');

const build = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
const folder = path.dirname(findPackageJSON('uws-pack', __filename));

try {
  module.exports = require(path.join(folder, 'dist', 'bin', build));
} catch (cause) {
  throw new Error(
    `uWebSockets.js has no build ${build}: Node ${process.version} on ${process.platform}-${process.arch} is not supported. ` +
      `Run with the Node of this project (npm scripts put it first in PATH).`,
    { cause },
  );
}

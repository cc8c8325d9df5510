/** Not by `import`: that reads every name the module has, and one of them loads the whole of undici, a tenth of a service's start. */
export const nodeHttp = process.getBuiltinModule('node:http');

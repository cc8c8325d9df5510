import { createSafeFetch, type SafeFetch } from '@techno/http';

/** The client of production, except that it may reach the one server it is pointed at, on this machine. */
export const loopbackFetch: SafeFetch = (url, options) => createSafeFetch({ allow: [new URL(url).host] })(url, options);

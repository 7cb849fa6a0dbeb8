// The app's HTTP API. The key lives in this tab's session storage and travels in a header, never in an address.

const base = new URL('../', import.meta.url);
const keyName = 'rescan-key';
const patience = 30_000;
let offset = 0;

/** What the API answered instead of what was asked for; status 0 when it did not answer. */
export class ApiError extends Error {
  constructor(status, message, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

export const key = {
  get known() {
    return sessionStorage.getItem(keyName) !== null;
  },
  get text() {
    return sessionStorage.getItem(keyName);
  },
  keep(value) {
    sessionStorage.setItem(keyName, value);
  },
  forget() {
    sessionStorage.removeItem(keyName);
  },
};

/** Now, in milliseconds, by the server's clock, so that its times compare well with it. */
export const serverNow = () => Date.now() + offset;

export const get = (path, signal) => call('GET', path, undefined, signal);
export const post = (path, body) => call('POST', path, body);
export const remove = path => call('DELETE', path);

async function call(method, path, body, signal) {
  const headers = { accept: 'application/json' };
  const known = sessionStorage.getItem(keyName);
  if (known !== null) {
    headers['x-functions-key'] = known;
  }

  if (body !== undefined) {
    headers['content-type'] = 'application/json';
  }

  const limit = AbortSignal.timeout(patience);
  let answer;
  let text;
  try {
    answer = await fetch(new URL(path, base), {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: 'no-store', redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    if (answer.type === 'opaqueredirect') {
      throw new ApiError(0, 'You are no longer signed in. Load the page again.');
    }

    text = await answer.text();
  } catch (error) {
    if (signal?.aborted) {
      throw error;
    }

    if (error instanceof ApiError) {
      throw error;
    }

    throw new ApiError(0, limit.aborted ? 'The app has not answered within 30 seconds.' : 'The app does not answer.');
  }

  const date = Date.parse(answer.headers.get('date') ?? '');
  if (!Number.isNaN(date) && Math.abs(date - Date.now()) > 2_000) {
    offset = date - Date.now();
  }

  const parsed = parse(text);
  if (!answer.ok) {
    throw new ApiError(answer.status, parsed?.detail ?? parsed?.title ?? `The app answered ${answer.status}.`, seconds(answer.headers.get('retry-after')));
  }

  if (parsed === undefined) {
    throw new ApiError(answer.status, 'The app answered something that is not JSON.');
  }

  return parsed;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function seconds(text) {
  const number = Number.parseInt(text ?? '', 10);
  return Number.isNaN(number) ? undefined : number;
}

// @ts-check
// Requests to the API: the token, the envelope, errors.

import { withQuery } from "./query.js";

/** @import { Query } from "./query.js" */

/**
 * @typedef {Object} FieldProblem
 * @property {string} field
 * @property {string} message reads on behind the field's name: "must be ..."
 *
 * @typedef {Object} Answer
 * @property {any} data what the envelope holds; a list as it is
 * @property {string} etag empty when there is none
 *
 * @typedef {Object} Options
 * @property {Query} [query]
 * @property {any} [body] sent as JSON
 * @property {string} [ifMatch]
 * @property {AbortSignal} [signal]
 * @property {string} [token] instead of the session's, and without asking to sign in again
 */

/** An answer that is not a success, or none at all (status 0). */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} message
   * @param {{data?: any, retryAfter?: number | null, requestId?: string}} [details]
   */
  constructor(status, message, details = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.data = details.data ?? null;
    /** Seconds to wait, null when the server does not say. */
    this.retryAfter = details.retryAfter ?? null;
    this.requestId = details.requestId ?? "";
  }

  /**
   * What the console itself finds wrong with a field, told like the server's findings.
   *
   * @param {string} field @param {string} message reads on behind the field's name
   */
  static ofField(field, message) {
    return new ApiError(400, "Validation failed", { data: { errors: [{ field, message }] } });
  }

  /** @returns {FieldProblem[]} */
  get fields() {
    return Array.isArray(this.data?.errors) ? this.data.errors : [];
  }
}

/** @param {unknown} error whether it only says that nobody waits for the answer any more */
export function isAborted(error) {
  return error instanceof DOMException && error.name === "AbortError";
}

const patience = 30_000;

export class Http {
  #token;
  #renew;
  /** @type {Promise<boolean> | null} */
  #renewing = null;

  /**
   * @param {Object} o
   * @param {() => string | null} o.token
   * @param {() => Promise<boolean>} o.renew asks for a new token when the present one is refused;
   *   false when there is to be none
   */
  constructor({ token, renew }) {
    this.#token = token;
    this.#renew = renew;
  }

  /**
   * Sends a request. When the token is refused, a new one is asked for and the
   * request sent again, so that no page needs to know of it.
   *
   * @param {string} method
   * @param {string} path
   * @param {Options} [options]
   * @returns {Promise<Answer>}
   * @throws {ApiError}
   */
  async send(method, path, options = {}) {
    const token = options.token ?? this.#token();
    try {
      return await once(method, path, token, options);
    } catch (error) {
      const refused = error instanceof ApiError && error.status === 401;
      if (!refused || options.token !== undefined || !(await this.#renewed(token))) throw error;
      options.signal?.throwIfAborted();
      return once(method, path, this.#token(), options);
    }
  }

  /**
   * Asks for a new token once for all requests that wait for it.
   *
   * @param {string | null} refused
   */
  async #renewed(refused) {
    if (this.#token() !== refused) return true;
    this.#renewing ??= this.#renew().finally(() => { this.#renewing = null; });
    return this.#renewing;
  }
}

/**
 * @param {string} method @param {string} path @param {string | null} token @param {Options} options
 * @returns {Promise<Answer>}
 */
async function once(method, path, token, { query, body, ifMatch, signal }) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (ifMatch) headers["If-Match"] = ifMatch;
  const limit = AbortSignal.timeout(patience);
  try {
    const response = await fetch(withQuery(path, query), {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    return await read(response);
  } catch (error) {
    if (error instanceof ApiError || signal?.aborted) throw error;
    throw new ApiError(0, limit.aborted ? "The server did not answer in time" : "The server cannot be reached");
  }
}

/** @param {Response} response @returns {Promise<Answer>} */
async function read(response) {
  const text = await response.text();
  const body = parse(text);
  if (!response.ok) {
    throw new ApiError(response.status, body?.message ?? `The server answered ${response.status}`, {
      data: body?.data, retryAfter: seconds(response.headers.get("Retry-After")),
      requestId: response.headers.get("X-Request-Id") ?? "",
    });
  }
  return { data: body !== null && "success" in body ? body.data : body, etag: response.headers.get("ETag") ?? "" };
}

/** @param {string} text a proxy may answer with something else than JSON */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @param {string | null} header */
function seconds(header) {
  const n = Number.parseInt(header ?? "", 10);
  return Number.isNaN(n) ? null : n;
}

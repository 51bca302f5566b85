// @ts-check
// The API's calls by name.

/** @import { Answer, Http, Options } from "./http.js" */
/** @import { Query } from "./query.js" */

/**
 * @typedef {Object} CustomerItem a customer as lists show it
 * @property {string} customerId
 * @property {string} userId
 * @property {string} email
 * @property {string} fullName
 * @property {string} [contactNumber]
 * @property {Status} customerStatus
 * @property {Tier} customerType
 * @property {number} totalOrders
 * @property {number} totalOrderValue
 * @property {number} totalComplaints
 * @property {number} openComplaints
 * @property {string} [lastOrderDate]
 * @property {string} customerSince
 *
 * @typedef {Object} CustomerDetails
 * @property {string} [lastComplaintDate]
 * @property {Note[]} notes oldest first
 * @property {string[]} tags
 * @property {Record<string, any>} preferences
 * @property {{createdBy: string, createdAt: string, lastModifiedBy: string, lastModifiedAt: string}} metadata
 *
 * @typedef {CustomerItem & CustomerDetails} Customer
 * @typedef {{noteId: string, content: string, addedBy: string, addedAt: string}} Note
 *
 * @typedef {Object} HistoryEntry
 * @property {string} entryId
 * @property {string} at
 * @property {string} by
 * @property {string} action
 * @property {Record<string, {from: any, to: any}>} changes
 * @property {string} [reason]
 *
 * @typedef {Object} Pagination
 * @property {number} page
 * @property {number} pageSize
 * @property {number} totalPages
 * @property {number} totalCount
 * @property {boolean} hasNext
 * @property {boolean} hasPrevious
 *
 * @typedef {"Active" | "Inactive" | "Suspended"} Status
 * @typedef {"Regular" | "Premium" | "VIP"} Tier
 */

/**
 * @template T
 * @typedef {{items: T[], pagination: Pagination}} Page
 */

export class Api {
  #http;

  /** @param {Http} http */
  constructor(http) {
    this.#http = http;
  }

  /**
   * Reads any path: for calls that have no name here.
   *
   * @param {string} path @param {Options} [options]
   * @returns {Promise<any>} the answer's data
   */
  async get(path, options) {
    return (await this.#http.send("GET", path, options)).data;
  }

  /**
   * Sends to any path.
   *
   * @param {string} method @param {string} path @param {Options} [options]
   * @returns {Promise<Answer>}
   */
  send(method, path, options) {
    return this.#http.send(method, path, options);
  }

  /** What the console has to know before anybody has signed in. @returns {Promise<{dev: boolean, timeZone: string}>} */
  settings() {
    return this.get("/api/console");
  }

  /** A token for whoever develops on the server's machine. @returns {Promise<string>} */
  async developmentToken() {
    return (await this.#http.send("POST", "/api/dev/token")).data.token;
  }

  /**
   * Fails unless the token is an administrator's.
   *
   * @param {string} token
   */
  async check(token) {
    await this.#http.send("GET", "/api/customers", { query: { limit: 1 }, token });
  }

  /** @param {Query} query @param {AbortSignal} [signal] @returns {Promise<Page<CustomerItem>>} */
  customers(query, signal) {
    return this.get("/api/customers", { query, signal });
  }

  /** @param {{q: string, page?: number, limit?: number}} query @param {AbortSignal} [signal] @returns {Promise<Page<CustomerItem>>} */
  search(query, signal) {
    return this.get("/api/customers/search", { query, signal });
  }

  /** @param {AbortSignal} [signal] */
  analytics(signal) {
    return this.get("/api/customers/analytics", { signal });
  }

  /** @param {Record<string, any>} profile @returns {Promise<Customer>} */
  async create(profile) {
    return (await this.#http.send("POST", "/api/customers", { body: profile })).data;
  }

  /** @param {string} id @param {AbortSignal} [signal] @returns {Promise<{data: Customer, etag: string}>} */
  customer(id, signal) {
    return this.#http.send("GET", customerPath(id), { signal });
  }

  /** @param {string} id @param {AbortSignal} [signal] */
  statistics(id, signal) {
    return this.get(customerPath(id, "/statistics"), { signal });
  }

  /** @param {string} id @param {{page: number, limit: number}} query @param {AbortSignal} [signal] @returns {Promise<Page<HistoryEntry>>} */
  history(id, query, signal) {
    return this.get(customerPath(id, "/history"), { query, signal });
  }

  /** @param {string} id @param {Record<string, any>} changes only what is to change @param {string} ifMatch */
  update(id, changes, ifMatch) {
    return this.#http.send("PUT", customerPath(id), { body: changes, ifMatch });
  }

  /** @param {string} id @param {Status} status @param {string} reason @param {string} ifMatch */
  setStatus(id, status, reason, ifMatch) {
    return this.#http.send("PATCH", customerPath(id, "/status"), { body: { status, reason: reason || undefined }, ifMatch });
  }

  /** @param {string} id @param {Tier} customerType @param {string} notes @param {string} ifMatch */
  setType(id, customerType, notes, ifMatch) {
    return this.#http.send("PATCH", customerPath(id, "/type"), { body: { customerType, notes: notes || undefined }, ifMatch });
  }

  /** @param {string} id @param {string} content @returns {Promise<Note>} */
  async addNote(id, content) {
    return (await this.#http.send("POST", customerPath(id, "/notes"), { body: { content } })).data;
  }

  /** @param {string} id */
  async remove(id) {
    await this.#http.send("DELETE", customerPath(id));
  }
}

/** @param {string} id @param {string} [rest] */
function customerPath(id, rest = "") {
  return `/api/customers/${encodeURIComponent(id)}${rest}`;
}

// @ts-check
// What operators see of the service, and may do to its two waiting rooms.

/** @import { Api, Page } from "./api.js" */

/**
 * @typedef {"ok" | "degraded" | "unavailable"} Condition
 * @typedef {{state: Condition, reason?: string}} Part
 *
 * @typedef {Object} Operations
 * @property {string} asOf
 * @property {string} version
 * @property {{state: Condition, parts: Record<string, Part>}} readiness
 * @property {Index} index
 * @property {{enabled: boolean, pending: number, dead: number, oldestPending?: string}} outbox
 * @property {{unknownUsers: number, deletedUsers: number}} parked events by why they wait
 * @property {Backup} backup
 * @property {Store} store
 *
 * @typedef {Object} Index
 * @property {"ok" | "rebuilding" | "failed"} state
 * @property {string} [reason]
 * @property {boolean} answering
 * @property {number} documents
 * @property {number} lag changes that searches do not see yet
 * @property {{done: number, total: number}} [rebuild]
 *
 * @typedef {Object} Backup
 * @property {boolean} scheduled
 * @property {number} [everySeconds]
 * @property {boolean} [failing]
 * @property {string} [lastGood]
 *
 * @typedef {{customers: number, fileBytes: number, freeBytes: number, queuedCommands: number, lastChange: number}} Store
 *
 * @typedef {Object} OutboxEntry
 * @property {number} id
 * @property {string} userId
 * @property {string} what "delete" or "status Suspended"
 * @property {"pending" | "dead"} state
 * @property {string} since
 * @property {number} attempts
 * @property {string} [nextAt]
 * @property {string} [lastError]
 *
 * @typedef {Object} ParkedEvent
 * @property {string} userId
 * @property {string} type
 * @property {string} since
 * @property {"unknown user" | "deleted user"} why
 */

/** @param {Api} api @param {AbortSignal} signal @returns {Promise<Operations>} */
export const operations = (api, signal) => api.get("/api/operations", { signal });

/** @param {Api} api @param {{page: number, limit: number}} query @param {AbortSignal} signal @returns {Promise<Page<OutboxEntry>>} oldest first */
export const outboxEntries = (api, query, signal) => api.get("/api/operations/outbox", { query, signal });

/** @param {Api} api @param {number} id */
export const retryEntry = (api, id) => api.send("POST", `/api/operations/outbox/${id}/retry`);

/** @param {Api} api @returns {Promise<{retried: number, overtaken: number}>} */
export const retryAllEntries = async (api) => (await api.send("POST", "/api/operations/outbox/retry")).data;

/** @param {Api} api @param {number} id */
export const dropEntry = (api, id) => api.send("DELETE", `/api/operations/outbox/${id}`);

/** @param {Api} api @param {{page: number, limit: number}} query @param {AbortSignal} signal @returns {Promise<Page<ParkedEvent>>} by user */
export const parkedEvents = (api, query, signal) => api.get("/api/operations/parked", { query, signal });

/** @param {Api} api @param {string} userId @returns {Promise<{dropped: number}>} */
export const dropParked = async (api, userId) => (await api.send("DELETE", `/api/operations/parked/${encodeURIComponent(userId)}`)).data;

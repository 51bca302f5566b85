// @ts-check
// Deleting a customer for good: the email has to be typed, and a refusal says why.

import { toast } from "./announcer.js";
import { openDialog } from "./dialogs.js";
import { el, fill } from "./dom.js";
import { clearProblems, field, formProblem, showProblems, whileBusy } from "./fields.js";
import { count } from "./format.js";
import { ApiError } from "./http.js";
import { lastList } from "./list-address.js";
import { go } from "./router.js";

/** @import { Subject } from "./customer.js" */

/** @param {Subject} subject @returns {Promise<undefined>} */
export async function deleteCustomer(subject) {
  const { fullName } = subject.data;
  const deleted = await openDialog({ title: `Delete ${fullName}?`, testid: "delete-dialog", content: (close) => deletionForm(subject, close) });
  if (!deleted) return;
  toast(`${fullName} was deleted`);
  go(lastList());
}

/** @param {Subject} subject @param {(deleted?: boolean) => void} close */
function deletionForm({ api, id, data }, close) {
  const confirmation = field({
    label: "Type the customer's email to confirm", hint: data.email,
    control: el("input", { id: "confirm-delete", autocomplete: "off", autocapitalize: "off", spellcheck: "false" }),
  });
  const general = formProblem();
  const submit = el("button", { class: "button danger", type: "submit" }, "Delete for good");
  const fields = { confirmation: { name: "The email", field: confirmation } };
  const remove = () => whileBusy(submit, async () => {
    clearProblems(fields, general);
    try {
      if (confirmation.control.value.trim().toLowerCase() !== data.email.toLowerCase()) {
        throw ApiError.ofField("confirmation", "is not the customer's. It must be typed as above.");
      }
      await api.remove(id);
      close(true);
    } catch (error) {
      if (isBusy(error)) fill(general, refusal(error.data));
      else showProblems(error, fields, general);
    }
  });
  return el("form", { class: "stack", novalidate: true, on: {
    submit: (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      remove();
    },
  } },
  el("p", null, "The profile, its notes and its history are deleted, and so is the account in the auth service. This cannot be undone."),
  confirmation.element, general, el("div", { class: "dialog-end" },
    el("button", { class: "button", type: "button", on: { click: () => close() } }, "Cancel"), submit));
}

/** @param {unknown} error @returns {error is ApiError} whether active orders or open complaints keep the customer */
const isBusy = (error) => error instanceof ApiError && typeof error.data?.activeOrders === "number";

/** @param {{activeOrders: number, openComplaints: number}} work */
function refusal({ activeOrders, openComplaints }) {
  return el("div", { class: "notice bad" }, el("strong", null, "This customer cannot be deleted yet"),
    el("ul", { class: "reasons" },
      activeOrders > 0 && el("li", null, `${count(activeOrders, "order")} not yet delivered or cancelled`),
      openComplaints > 0 && el("li", null, `${count(openComplaints, "complaint")} not yet resolved`)),
    el("p", null, "Delete again once these are closed, or set the status to Inactive meanwhile."));
}

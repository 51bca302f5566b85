// @ts-check
// Creating a customer by hand, for those who did not register themselves.

import { toast } from "./announcer.js";
import { openDialog } from "./dialogs.js";
import { el } from "./dom.js";
import { field, formProblem, select, showProblems, whileBusy } from "./fields.js";
import { addressOf, go } from "./router.js";

/** @import { Api, Customer } from "./api.js" */

/** @param {Api} api */
export async function createCustomer(api) {
  const made = await openDialog({ title: "New customer", testid: "new-customer-dialog", content: (close) => creationForm(api, close) });
  if (!made) return;
  toast(`${made.fullName} was created`);
  go(addressOf(`customers/${made.customerId}`));
}

/** @param {Api} api @param {(made?: Customer) => void} close */
function creationForm(api, close) {
  const name = field({ label: "Full name", control: el("input", { id: "new-fullName", autocomplete: "off", required: true }) });
  const email = field({ label: "Email", control: el("input", { id: "new-email", type: "email", autocomplete: "off", required: true }) });
  const phone = field({ label: "Phone", optional: true, control: el("input", { id: "new-contactNumber", type: "tel", autocomplete: "off" }) });
  const tier = field({ label: "Type", control: select({ id: "new-customerType" }, ["Regular", "Premium", "VIP"]) });
  const fields = {
    fullName: { name: "Full name", field: name }, email: { name: "Email", field: email },
    contactNumber: { name: "Phone", field: phone }, customerType: { name: "Type", field: tier },
  };
  const general = formProblem();
  const submit = el("button", { class: "button primary", type: "submit" }, "Create customer");
  const create = () => whileBusy(submit, async () => {
    try {
      close(await api.create({
        fullName: name.control.value, email: email.control.value, customerType: tier.control.value,
        contactNumber: phone.control.value.trim() || undefined,
      }));
    } catch (error) {
      showProblems(error, fields, general);
    }
  });
  return el("form", { class: "stack", novalidate: true, on: {
    submit: (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      create();
    },
  } }, name.element, el("div", { class: "fields" }, email.element, phone.element), tier.element, general,
  el("div", { class: "dialog-end" },
    el("button", { class: "button", type: "button", on: { click: () => close() } }, "Cancel"), submit));
}

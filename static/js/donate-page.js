// The donate form as a page of its own.
import { DonateForm } from "./donate.js";

const form = document.querySelector("[data-donate-form]");
if (form) new DonateForm(form);

// A new organisation is most likely where its people are: propose the device's time zone.
const field = document.querySelector("select[data-time-zone]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (field?.value === "UTC" && [...field.options].some((option) => option.value === here)) field.value = here;

// Sets the chosen theme before the first paint. A module would run too late,
// and the page would flash in the system's theme; theme-switch.js changes it.
document.documentElement.dataset.theme = localStorage.getItem("crms.theme") ?? "system";

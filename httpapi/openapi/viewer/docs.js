// Shows the server's own document. The viewer takes no other: not from the
// page's address (queryConfigEnabled is off unless it is asked for), and it
// sends the document to no validator.

const dark = matchMedia('(prefers-color-scheme: dark)');

function followTheme() {
  document.documentElement.classList.toggle('dark-mode', dark.matches);
}

dark.addEventListener('change', followTheme);
followTheme();

SwaggerUIBundle({
  url: '/api/openapi.json',
  domNode: document.getElementById('document'),
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  validatorUrl: null,
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
});

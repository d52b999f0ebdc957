/** Says how many people a notification will reach, as its audience is chosen. */
const QUIET_MS = 200;

const said = document.querySelector("[data-reach]");
const form = said?.closest("form");
let timer;
let asking = new AbortController();

/** What is chosen, as the query of a request; null: nobody yet. */
function audience() {
  const data = new FormData(form);
  const kind = data.get("kind");
  const chosen = kind ? data.getAll(kind) : [];
  if (!kind || (kind !== "everyone" && !chosen.length)) return null;
  return new URLSearchParams([["kind", kind], ...chosen.map((id) => [kind, id])]);
}

/** Only the field of the chosen kind is of use. */
function showFields() {
  const kind = new FormData(form).get("kind");
  for (const name of ["users", "groups"]) {
    const row = form.querySelector(`.field-${name}`);
    if (row) row.hidden = kind !== name;
  }
}

/** Select2 gives its search box no name. */
function nameSearch() {
  const label = form.querySelector(".field-users label");
  form.querySelector(".field-users .select2-search__field")?.setAttribute("aria-label", label.textContent);
}

async function ask(query) {
  asking = new AbortController();
  try {
    const response = await fetch(`${said.dataset.reach}?${query}`, { signal: asking.signal });
    said.textContent = response.ok ? (await response.json()).text : "";
  } catch {
    // Overtaken, or the network failed: the next page counts anyway.
  }
}

function refresh() {
  showFields();
  clearTimeout(timer);
  asking.abort();
  const query = audience();
  if (query) timer = setTimeout(() => ask(query), QUIET_MS);
  else said.textContent = "";
}

if (form) {
  // By jQuery, since the search box tells of its changes in no other way.
  window.django.jQuery(form).on("change", refresh);
  window.django.jQuery(nameSearch);
  refresh();
}

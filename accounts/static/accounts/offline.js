/** The page for where the site cannot be reached: it is left once that can be. */
addEventListener("online", () => location.reload());

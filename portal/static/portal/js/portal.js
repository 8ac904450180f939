// What every page has: the search box answers while one types. Nothing here is needed to read a page.
import { suggest } from "./search.js";

document.querySelectorAll("input[data-suggest]").forEach(suggest);

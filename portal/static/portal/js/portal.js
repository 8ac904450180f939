// What every page has: the search box answers while one types (see search.js); nothing here is needed to read a page.

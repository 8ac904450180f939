// The list of parks: what one chooses holds at once, without the page being loaded anew, and the address says it.

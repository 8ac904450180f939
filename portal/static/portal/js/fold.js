// Where there is little room, what one chooses by opens when it is wanted. Asked for where it stands, so that it is
// folded before what comes after is laid out.

if (matchMedia("(max-width: 51.99rem)").matches) {
  document.getElementById("filters").open = false;
}

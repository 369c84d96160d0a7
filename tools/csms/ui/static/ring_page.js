// Which gun are the buttons for? A gun's number in the table chooses it.
document.addEventListener("click", (event) => {
  const pick = event.target.closest("[data-gun]");
  if (!pick) return;
  const gun = document.getElementById("gun");
  gun.value = pick.dataset.gun;
  document.getElementById("card").value = `CARD${pick.dataset.gun.padStart(4, "0")}`;
  gun.scrollIntoView({ block: "nearest" });
  gun.focus();
});
document.getElementById("gun").addEventListener("change", (event) => {
  document.getElementById("card").value = `CARD${event.target.value.padStart(4, "0")}`;
});

/* Runs first and in any browser: says what is wrong where the page cannot be shown.
   Written in the language of 2009 on purpose: an old browser cannot even read the main script. */
var firelaneGate = (function (said) {
  function say(text) {
    var box = document.createElement("div");
    box.className = "trouble";
    box.setAttribute("role", "alert");
    var line = document.createElement("p");
    line.textContent = text;
    box.appendChild(line);
    document.body.appendChild(box);
    document.documentElement.setAttribute("data-ready", "failed");
  }
  var able = typeof DecompressionStream !== "undefined" && typeof Promise !== "undefined" && !!Array.prototype.flat;
  if (!able) say(said.too_old);
  return { able: able, damaged: function () { say(said.damaged); } };
})(SAID);
